//! The containers and the machine of `testing`, as `wit/v0.1/docker.wit` and `system.wit` have them.

use super::host;
use umbrasil_sdk::prelude::*;
use umbrasil_sdk::testing::{Container, Machine, error};
use umbrasil_sdk::{ErrorKind, HostError};

#[test]
fn containers_are_listed_started_and_stopped() {
    let mut host = host(|_| {
        docker::stop("web")?;
        docker::start("db")?;
        docker::restart("db")?;
        let line = |one: docker::Container| format!("{} {}", one.name, one.state);
        Ok(Reply::text(docker::list()?.into_iter().map(line).collect::<Vec<_>>().join(", ")))
    })
    .container(Container::new("web"))
    .container(Container::new("db").exited(137));
    assert_eq!(host.command("/do").unwrap().text(), "db running, web exited");
    assert_eq!(host.container_state("web"), Some("exited"));
}

#[test]
fn a_container_tells_about_itself() {
    let container = Container::new("web")
        .with(|details| details.environment.push("PASSWORD".into()))
        .log("one")
        .complains("two: ERROR")
        .log("three");
    let mut host = host(|_| {
        assert_eq!(docker::inspect("web")?.environment, ["PASSWORD"]);
        assert_eq!(docker::stats("web")?.processes, 1);
        let texts = |lines: Vec<docker::LogLine>| {
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(texts(docker::logs("web", 2)?), ["two: ERROR", "three"]);
        assert_eq!(texts(docker::logs_with("web", 2, "o")?), ["one", "two: ERROR"]);
        assert!(docker::logs("web", 0)?.is_empty());
        Ok(Reply::none())
    })
    .container(container);
    host.command("/do").unwrap();
}

#[test]
fn what_is_not_set_is_denied_and_what_is_no_name_is_invalid() {
    let denied =
        error(host(|_| docker::list().map(|_| Reply::none()).map_err(Into::into)).command("/do"));
    assert_eq!(denied.text(), "Not permitted: grant `docker list *`");
    let denied = error(host(|_| Ok(Reply::text(docker::inspect("db")?.started))).command("/do"));
    assert_eq!(denied.text(), "Not permitted: grant `docker inspect db`");
    let invalid = error(host(|_| Ok(Reply::text(docker::inspect("../x")?.started))).command("/do"));
    assert_eq!(invalid.kind(), ErrorKind::Internal);
    let denied = error(host(|_| Ok(Reply::text(system::uptime()?))).command("/do"));
    assert_eq!(denied.text(), "Not permitted: grant `system uptime`");
}

#[test]
fn docker_may_fail() {
    let mut host = host(|_| match docker::restart("web") {
        Err(HostError::Pending(text)) => Ok(Reply::text(format!("asked: {text}"))),
        other => Ok(Reply::text(format!("{other:?}"))),
    })
    .container(Container::new("web"));
    host.docker_fails(HostError::Pending("docker restart web".into()));
    assert_eq!(host.command("/do").unwrap().text(), "asked: docker restart web");
}

#[test]
fn a_machine_tells_its_numbers() {
    let process = |id, name: &str, cpu_percent, memory_bytes| system::Process {
        id,
        name: name.into(),
        cpu_percent,
        memory_bytes,
    };
    let machine = Machine {
        uptime: Some(60),
        processes: Some(vec![process(1, "busy", 90.0, 1), process(2, "big", 1.0, 100)]),
        ..Machine::default()
    };
    let mut host = host(|_| {
        let by_cpu = system::processes(system::Order::Cpu, 1)?;
        let by_memory = system::processes(system::Order::Memory, 9)?;
        assert_eq!((by_cpu.len(), by_memory.len()), (1, 2));
        assert!(matches!(system::load(), Err(HostError::Denied(_))));
        Ok(Reply::text(format!("{} {} {}", by_cpu[0].name, by_memory[0].name, system::uptime()?)))
    })
    .machine(machine);
    assert_eq!(host.command("/do").unwrap().text(), "busy big 60");
}
