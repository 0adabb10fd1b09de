use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{
    Commit, CommitError, Database, NewMessage, Quota, Read, Reads, Received, Writes,
};

const QUOTA: Quota = Quota { keys: 3, bytes: 100 };

struct Fixture {
    database: Database,
    directory: std::path::PathBuf,
}

impl Fixture {
    fn new(name: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("umbrasil-writer-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&directory));
        Self { database: Database::open(&directory).unwrap(), directory }
    }

    async fn receive(&self, update_id: i64) {
        let update = Received { update_id, chat_id: 7, received_ms: 0, body: "{}".into() };
        self.database.receive(vec![update]).await.unwrap();
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), CommitError> {
        self.database
            .commit(Commit {
                writes: vec![writes(Reads::default(), key, Some(value))],
                ..Commit::default()
            })
            .await
            .map(drop)
    }

    async fn get(&self, key: &str) -> (u64, Option<Vec<u8>>) {
        let (sequence, values) = self.database.values("m", vec![key.to_owned()]).await.unwrap();
        (sequence, values.into_iter().next().unwrap())
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

fn writes(reads: Reads, key: &str, value: Option<&[u8]>) -> Writes {
    let values = BTreeMap::from([(key.to_owned(), value.map(<[u8]>::to_vec))]);
    Writes { module: Arc::from("m"), reads, values, quota: QUOTA }
}

#[tokio::test]
async fn an_update_is_done_once() {
    let fixture = Fixture::new("once");
    fixture.receive(1).await;
    fixture.receive(1).await;
    assert_eq!(fixture.database.pending(7, 9).await.unwrap().len(), 1);
    let commit = || Commit {
        update_id: Some(1),
        writes: vec![writes(Reads::default(), "k", Some(b"v"))],
        messages: vec![NewMessage { chat_id: 7, payload: "p".to_owned(), file: None }],
        ..Commit::default()
    };
    assert_eq!(fixture.database.commit(commit()).await.unwrap().len(), 1);
    assert_eq!(fixture.database.commit(commit()).await.unwrap_err(), CommitError::AlreadyDone);
    assert_eq!(fixture.database.queued(7, 0, 9).await.unwrap().len(), 1);
    assert!(fixture.database.pending(7, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refused_commit_leaves_nothing() {
    let fixture = Fixture::new("refused");
    fixture.receive(1).await;
    let (since, _) = fixture.get("k").await;
    fixture.set("k", b"first").await.unwrap();
    let mut reads = Reads::default();
    reads.note(since, Read::Key("k".to_owned()));
    let commit = Commit {
        update_id: Some(1),
        writes: vec![writes(reads, "other", Some(b"x"))],
        ..Commit::default()
    };
    assert_eq!(fixture.database.commit(commit).await.unwrap_err(), CommitError::Conflict);
    assert_eq!(fixture.get("other").await.1, None);
    assert_eq!(fixture.database.pending(7, 9).await.unwrap().len(), 1, "the update still waits");
}

#[tokio::test]
async fn what_commits_has_seen_the_state_it_commits_on() {
    let fixture = Fixture::new("race");
    let add_one = || async {
        loop {
            let (since, value) = fixture.get("n").await;
            let n: u32 =
                value.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap());
            let mut reads = Reads::default();
            reads.note(since, Read::Key("n".to_owned()));
            let next = (n + 1).to_string();
            let commit = Commit {
                writes: vec![writes(reads, "n", Some(next.as_bytes()))],
                ..Commit::default()
            };
            match fixture.database.commit(commit).await {
                Ok(_) => break,
                Err(CommitError::Conflict) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let ten = || async {
        for _ in 0..10 {
            add_one().await;
        }
    };
    tokio::join!(ten(), ten(), ten(), ten());
    assert_eq!(fixture.get("n").await.1.as_deref(), Some(&b"40"[..]));
}

#[tokio::test]
async fn quotas_count_keys_and_bytes_and_let_go() {
    let fixture = Fixture::new("quota");
    for key in ["a", "b", "c"] {
        fixture.set(key, b"x").await.unwrap();
    }
    assert!(matches!(fixture.set("d", b"x").await, Err(CommitError::Quota { unit: "keys", .. })));
    assert!(matches!(
        fixture.set("a", &[0; 200]).await,
        Err(CommitError::Quota { unit: "bytes", .. })
    ));
    let delete = Commit { writes: vec![writes(Reads::default(), "a", None)], ..Commit::default() };
    fixture.database.commit(delete).await.unwrap();
    fixture.set("d", b"x").await.unwrap();
}

#[tokio::test]
async fn all_is_there_after_reopening_and_only_one_process_may_look() {
    let fixture = Fixture::new("reopen");
    fixture.receive(1).await;
    fixture.set("k", b"v").await.unwrap();
    let second = Database::open(&fixture.directory).map(drop).unwrap_err();
    assert!(second.to_string().contains("already running"), "{second}");
    fixture.database.close().await;
}

#[test]
fn a_damaged_file_is_refused_and_left_alone() {
    let directory = std::env::temp_dir().join(format!("umbrasil-damaged-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("umbrasil.db");
    let garbage = vec![b'x'; 8192];
    std::fs::write(&path, &garbage).unwrap();
    let error = Database::open(&directory).map(drop).unwrap_err().to_string();
    assert!(error.contains("umbrasil.db"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), garbage);
    std::fs::remove_dir_all(&directory).unwrap();
}
