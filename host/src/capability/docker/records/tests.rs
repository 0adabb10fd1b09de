#![allow(clippy::float_cmp, reason = "numbers that were given, not computed")]

use serde_json::{Value, from_value, json};

use super::*;

fn list(value: Value) -> Vec<Listed> {
    listed(from_value(value).unwrap())
}

#[test]
fn a_list_is_in_order_and_has_what_can_be_named() {
    let listed = list(json!([
        {"Id": "b".repeat(64), "Names": ["/web/db", "/db"], "Image": "i".repeat(4_000), "State": "exited",
         "Status": "Exited (0) 2 hours ago", "Created": -5},
        {"Id": "a".repeat(64), "Names": ["/app"], "Image": "app:1", "State": "running", "Created": 1_700_000_000,
         "Status": "Up 3 hours (healthy)", "Labels": {"a": "b"}, "Ports": [
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"PrivatePort": 53, "Type": "udp"}]},
        {"Id": "c".repeat(64), "Names": ["/<b>*bold*</b>"], "State": "running"},
        {"Id": "d".repeat(64), "Names": []},
    ]));
    let names: Vec<&str> = listed.iter().map(|one| one.shown.name.as_str()).collect();
    assert_eq!(names, ["app", "db"]);
    let (app, db) = (&listed[0].shown, &listed[1].shown);
    assert_eq!(
        (app.id.as_str(), app.health.as_str(), app.created),
        ("aaaaaaaaaaaa", "healthy", 1_700_000_000)
    );
    let ports: Vec<_> =
        app.ports.iter().map(|port| (port.inside, port.outside, port.protocol.as_str())).collect();
    assert_eq!(ports, [(53, None, "udp"), (80, Some(8080), "tcp")]);
    assert_eq!((db.image.len(), db.created, db.health.as_str()), (256, 0, ""));
}

#[test]
fn details_withhold_values_arguments_and_places_of_the_machine() {
    let canary = "CANARY";
    let found = from_value(json!({
        "Id": "a".repeat(64), "Name": "/app", "Path": canary, "Args": [canary], "RestartCount": 3,
        "LogPath": canary, "HostnamePath": canary,
        "State": {"StartedAt": "2026-11-22T12:00:00.5Z", "FinishedAt": "0001-01-01T00:00:00Z", "ExitCode": 137,
                  "OOMKilled": true, "Error": canary},
        "Config": {"Env": ["PATH=CANARY", "DB_PASSWORD=CANARY=CANARY", "EMPTY="], "Cmd": [canary], "Entrypoint": [canary],
                   "Labels": {"CANARY": canary}, "Hostname": canary},
        "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}, "Binds": ["/CANARY:/data"]},
        "Mounts": [{"Source": "/CANARY", "Destination": "/data"}],
        "NetworkSettings": {"Networks": {"front": {"IPAddress": "10.0.0.1"}, "back": {}}},
    }));
    let container = list(json!([{"Id": "a".repeat(64), "Names": ["/app"]}])).remove(0).shown;
    let details = details(container, found.unwrap());
    assert_eq!(details.environment, ["DB_PASSWORD", "EMPTY", "PATH"]);
    assert_eq!(
        (details.mounts.as_slice(), details.networks.as_slice()),
        (&["/data".to_owned()][..], &["back".to_owned(), "front".to_owned()][..])
    );
    assert_eq!((details.started, details.finished, details.exit_code), (1_795_348_800, 0, 137));
    assert_eq!((details.restarts, details.restart_policy.as_str()), (3, "unless-stopped"));
    assert!(!format!("{details:?}").contains(canary), "{details:?}");
}

#[test]
fn usage_is_counted_as_docker_does() {
    let stats = from_value(json!({
        "cpu_stats": {"cpu_usage": {"total_usage": 3_000}, "system_cpu_usage": 20_000, "online_cpus": 4},
        "precpu_stats": {"cpu_usage": {"total_usage": 1_000}, "system_cpu_usage": 12_000},
        "memory_stats": {"usage": 500, "limit": 1_000, "stats": {"inactive_file": 100}},
        "networks": {"eth0": {"rx_bytes": 1, "tx_bytes": 2}, "eth1": {"rx_bytes": 10, "tx_bytes": 20}},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 7}, {"op": "write", "value": 8}]},
        "pids_stats": {"current": 9},
    }));
    let usage = usage(&stats.unwrap());
    assert_eq!(usage.cpu_percent, 100.0);
    assert_eq!((usage.memory_bytes, usage.memory_limit_bytes), (400, 1_000));
    assert_eq!((usage.network_received_bytes, usage.network_sent_bytes), (11, 22));
    assert_eq!((usage.disk_read_bytes, usage.disk_written_bytes, usage.processes), (7, 8, 9));
}

#[test]
fn numbers_that_make_no_sense_become_nothing() {
    let stats = from_value(json!({
        "cpu_stats": {"cpu_usage": {"total_usage": 1}, "system_cpu_usage": 5, "online_cpus": 0},
        "precpu_stats": {"cpu_usage": {"total_usage": u64::MAX}, "system_cpu_usage": 5},
        "memory_stats": {"usage": 1, "stats": {"inactive_file": u64::MAX}},
        "networks": {"a": {"rx_bytes": u64::MAX}, "b": {"rx_bytes": u64::MAX}},
    }));
    let usage = usage(&stats.unwrap());
    assert_eq!(
        (usage.cpu_percent, usage.memory_bytes, usage.network_received_bytes),
        (0.0, 0, u64::MAX)
    );
    let nothing = super::usage(&ContainerStatsResponse::default());
    assert_eq!((nothing.cpu_percent, nothing.processes), (0.0, 0));
}
