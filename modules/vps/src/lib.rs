//! `/vps`: the owner's servers, by ssh: how they are, what runs on them, and commands that were granted.
//!
//! Read in this order: `command` (what people type), `ask` (what is run on servers) with `trouble` (why it
//! was not), `view` (the frame that all views share), then one file for each view. What `/proc` and the
//! programs of different systems print is read in the file of the view that shows it.

mod ask;
mod proc;
mod server;
mod template;
mod text;
mod trouble;
mod view;

mod command;
mod disk;
mod logs;
mod network;
mod overview;
mod run;
mod services;
mod stats;
mod unit;

use umbrasil_sdk::prelude::*;

umbrasil_sdk::export!(module);

/// The module of servers.
pub fn module() -> Module {
    Module::new("Servers")
        .summary("Your servers by ssh: load, disks, services, logs, and commands that you granted")
        .menu("🖥 Servers", "home")
        .command("vps", "How the servers are; and commands on them", command::vps)
        .optional("VIEW", "stats, services, disk, net, logs or run; all servers if left out")
        .optional("NAME", "a server, such as web1")
        .optional("MORE", "what to search among services, a unit for logs, a command to run")
        .example("/vps run web1 uptime")
        .command("server", "How one server is, or all; changes nothing", command::server)
        .optional("NAME", "a server, such as web1; all if left out")
        .optional("VIEW", "stats, services, disk, net or logs; stats if left out")
        .optional("MORE", "what to search among services, a unit for logs")
        .example("/server web1 disk")
        .reads_only()
        .action("home", overview::home)
        .action("pick", server::pick)
        .action("stats", stats::show)
        .action("services", services::show)
        .action("unit", unit::show)
        .action("restart", unit::act)
        .action("start", unit::act)
        .action("stop", unit::act)
        .action("disk", disk::show)
        .action("net", network::show)
        .action("logs", logs::show)
        .action("logfile", logs::file)
        .action("run", run::show)
        .action("template", run::press)
        .answer("fill", run::fill)
}
