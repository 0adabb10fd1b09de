//! Containers: which of them are watched, and what is said when they end.

use umbrasil_sdk::HostError;
use umbrasil_sdk::testing::{Container, Host};

use super::{host, minute, minutes, shown};

#[test]
fn containers_that_should_run_are_watched() {
    let policy = |name: &str, policy: &'static str| {
        Container::new(name)
            .exited(137)
            .with(move |details| details.restart_policy = policy.to_owned())
    };
    let sick =
        Container::new("n8n").with(|details| details.container.health = "unhealthy".to_owned());
    let mut host = host()
        .container(Container::new("web"))
        .container(sick)
        .container(policy("redis", "unless-stopped").with(|details| details.out_of_memory = true))
        .container(policy("job", "no"));
    let first = minutes(&mut host, 1);
    assert_eq!(first, "");
    let seen = shown(&mut host, "/checks");
    assert!(
        seen.contains("🟡 n8n · unhealthy · since 12:01\n🟡 redis · ended with 137, out of memory"),
        "{seen}"
    );
    assert_eq!(
        minute(&mut host).text(),
        "🔴 Container n8n is down for 1 min: unhealthy\n🔴 Container redis is down for 1 min: ended with 137, out of memory"
    );
    let seen = shown(&mut host, "/checks");
    assert!(
        seen.contains("🔴 n8n · unhealthy")
            && seen.contains("🟢 1 up: web")
            && !seen.contains("job"),
        "{seen}"
    );
    let mut host = host.container(Container::new("n8n"));
    assert_eq!(minute(&mut host).text(), "🟢 Container n8n is up again (was down for 2 min)");
    // Docker is gone: that is the news, and nothing is known of the rest.
    host.docker_fails(HostError::Unavailable("no Docker".to_owned()));
    assert_eq!(
        minutes(&mut host, 3),
        "🔴 Docker is down for 1 min: it does not answer\n[Acknowledge] [Mute 1 h]"
    );
    assert!(
        shown(&mut host, "/alerts").contains("Container redis is down"),
        "not known to be well"
    );
}

#[test]
fn a_machine_without_docker_is_no_alert() {
    let mut host = host();
    host.docker_fails(HostError::Unavailable("no Docker".to_owned()));
    assert_eq!(minutes(&mut host, 10), "");
}

fn sick(name: &str) -> Container {
    Container::new(name).with(|details| "unhealthy".clone_into(&mut details.container.health))
}

#[test]
fn one_that_ran_and_fails_is_told_whatever_its_policy() {
    let mut host = host()
        .container(Container::new("api"))
        .container(Container::new("job"))
        .container(Container::new("killed"))
        .container(Container::new("memory"))
        .container(Container::new("told"));
    assert_eq!(minutes(&mut host, 2), "");
    let mut host = host
        .container(Container::new("api").exited(1))
        .container(Container::new("job").exited(0))
        .container(Container::new("killed").exited(137))
        .container(Container::new("memory").exited(137).with(|one| one.out_of_memory = true))
        .container(Container::new("told").exited(143));
    assert_eq!(
        minutes(&mut host, 2),
        "🔴 Container api is down for 1 min: ended with 1\n\
         🔴 Container memory is down for 1 min: ended with 137, out of memory\n[Acknowledge] [Mute 1 h]"
    );
    // It stays so, until it is up.
    assert_eq!(minutes(&mut host, 10), "");
    let mut host = host.container(Container::new("api"));
    assert!(minute(&mut host).text().starts_with("🟢 Container api is up again"));
}

#[test]
fn one_that_was_sick_and_ended_is_not_over() {
    let mut host = host().container(sick("n8n"));
    assert!(minutes(&mut host, 2).contains("unhealthy"));
    let mut host = host.container(sick("n8n").exited(137));
    assert_eq!(minutes(&mut host, 5), "");
    assert!(
        shown(&mut host, "/alerts").contains("Container n8n is down for 6 min: ended with 137")
    );
    let mut host = host.container(Container::new("n8n"));
    assert_eq!(minute(&mut host).text(), "🟢 Container n8n is up again (was down for 7 min)");
}

#[test]
fn one_that_is_made_anew_and_does_not_start_is_told() {
    let mut host = host().container(Container::new("web"));
    minutes(&mut host, 1);
    let created = |one: &mut umbrasil_sdk::docker::Details| {
        one.container.state = "created".to_owned();
        one.container.status = "Created".to_owned();
    };
    let mut host = host
        .container(Container::new("web").with(created))
        .container(Container::new("other").with(created));
    assert_eq!(
        minutes(&mut host, 2),
        "🔴 Container web is down for 1 min: made anew, and not started\n[Acknowledge] [Mute 1 h]"
    );
}

/// A host with so many containers that run, and so many jobs that are done.
fn crowd(running: usize, done: usize) -> Host {
    let running = (0..running).map(|number| Container::new(&format!("run-{number:03}")));
    let done = (0..done).map(|number| Container::new(&format!("done-{number:03}")).exited(0));
    running.chain(done).fold(host(), Host::container)
}

#[test]
fn the_broken_ones_are_seen_in_a_crowd() {
    let kept = |code| {
        Container::new("zulu").exited(code).with(|one| one.restart_policy = "always".to_owned())
    };
    // Behind more jobs than are looked at, and by name behind more than are watched.
    let mut host = crowd(80, 40).container(kept(1)).container(sick("zebra"));
    assert_eq!(
        minutes(&mut host, 2),
        "🔴 Container zebra is down for 1 min: unhealthy\n\
         🔴 Container zulu is down for 1 min: ended with 1\n[Acknowledge] [Mute 1 h]"
    );
    let seen = shown(&mut host, "/checks");
    // 22 that run, and 26 that have ended.
    assert!(
        seen.contains("🟢 58 up:") && seen.contains("⚪ and 48 more that are not watched"),
        "{seen}"
    );
    let mut host = host.container(Container::new("zulu")).container(Container::new("zebra"));
    assert!(minute(&mut host).text().contains("zulu is up again"), "while it is looked at");
}

#[test]
fn one_look_that_fails_makes_no_alert_vanish() {
    let kept =
        || Container::new("db").exited(0).with(|one| one.restart_policy = "always".to_owned());
    let mut host = host().container(kept());
    assert!(minutes(&mut host, 2).contains("Container db is down"));
    let mut host = host.container(kept().inspection_fails(HostError::Timeout));
    assert_eq!(minutes(&mut host, 3), "");
    assert!(shown(&mut host, "/alerts").contains("Container db is down for 4 min"));
    assert!(shown(&mut host, "/checks").contains("⚪ db · not known now"));
    let mut host = host.container(Container::new("db"));
    assert!(minute(&mut host).text().starts_with("🟢 Container db is up again"));
}
