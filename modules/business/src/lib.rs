//! `/n8n`, `/docker`, `/servers`: what runs a business, looked at and switched from the chat.
//!
//! Three parts that share nothing but a menu. Workflows: `n8n` (its API), `flows` (list and page), `run`,
//! `runs` (executions and why they failed). Containers: `containers` (list), `container` (page and verbs),
//! `logs`. Servers: `servers` on `proc`. `page`, `trouble` and `wording` serve all of them.

mod home;

mod flows;
mod n8n;
mod run;
mod runs;

mod container;
mod containers;
mod logs;

mod proc;
mod servers;

mod page;
mod trouble;
mod wording;

use umbrasil_sdk::prelude::*;

umbrasil_sdk::export!(module);

/// The business module.
pub fn module() -> Module {
    Module::new("Business")
        .summary("n8n workflows, containers, and how your servers are")
        .menu("⚙️ Business", "home")
        .command("n8n", "n8n workflows: list, switch on and off, run", flows::command)
        .optional(
            "VERB",
            "run, on, off or errors; without it the list, or the workflow of this NAME",
        )
        .optional("NAME", "a workflow, or a part of its name")
        .example("/n8n run Daily report")
        .command("workflows", "List n8n workflows, or show one", flows::workflows)
        .optional("NAME", "a workflow, or a part of its name")
        .example("/workflows Daily report")
        .reads_only()
        .command("n8n_errors", "What failed in n8n lately, and why", runs::failed)
        .optional("NAME", "a workflow, or a part of its name; all if left out")
        .example("/n8n_errors Daily report")
        .reads_only()
        .command("docker", "Containers: list, logs, start, stop, restart", containers::command)
        .optional(
            "VERB",
            "logs, start, stop or restart; without it the list, or what has this in its name",
        )
        .optional("NAME", "a container, or a part of its name")
        .optional("TEXT", "with logs: only lines with this in them")
        .example("/docker restart web")
        .command("containers", "List containers, or show one", containers::containers)
        .optional("NAME", "a container, or a part of names")
        .example("/containers web")
        .reads_only()
        .command("container_logs", "The last lines that a container wrote", logs::command)
        .argument("NAME", "a container, or a part of its name")
        .optional("TEXT", "only lines with this in them")
        .example("/container_logs web ERROR")
        .reads_only()
        .command("servers", "How your servers are: load, memory, disk, uptime", servers::command)
        .example("/servers")
        .reads_only()
        .action("home", home::home)
        .action("flows", flows::list)
        .action("flow", flows::show)
        .action("on", flows::switch_on)
        .action("off", flows::switch_off)
        .action("run", run::run)
        .action("runs", runs::list)
        .action("errors", runs::errors)
        .action("containers", containers::list)
        .action("container", container::show)
        .action("start", container::start)
        .action("stop", container::stop)
        .action("restart", container::restart)
        .action("logs", logs::show)
        .action("servers", servers::list)
}
