//! Files that the bot sends: kinds, limits, the way back through `getFile`.

use serde_json::json;

use super::{Server, TOKEN, png};

#[tokio::test]
async fn files_go_out_and_can_be_downloaded() {
    let server = Server::start().await;
    let picture = png(640, 480);
    let path = format!("/bot{TOKEN}/sendPhoto");
    let attached = [
        ("chat_id", None, b"7".as_slice()),
        ("photo", None, b"attach://p1"),
        ("p1", Some("a.png"), &picture),
    ];
    let photo = server.multipart(&path, &attached).await.json()["result"]["photo"][0].clone();
    assert_eq!((&photo["width"], &photo["height"]), (&json!(640), &json!(480)));
    let direct = [
        ("chat_id", None, b"7".as_slice()),
        ("caption", None, b"Rows"),
        ("document", Some("rows.csv"), b"a,b\n"),
    ];
    let sent =
        server.multipart(&format!("/bot{TOKEN}/sendDocument"), &direct).await.json()["result"]
            .clone();
    assert_eq!(sent["caption"], "Rows");
    let document = &sent["document"];
    assert_eq!(
        (&document["file_name"], &document["mime_type"]),
        (&json!("rows.csv"), &json!("text/csv"))
    );
    let file = server.call("getFile", json!({ "file_id": document["file_id"] })).await;
    assert_eq!(file["file_size"], 4);
    let file_path = file["file_path"].as_str().unwrap();
    let bytes = server.request("GET", &format!("/file/bot{TOKEN}/{file_path}"), &[], b"").await;
    assert_eq!((bytes.status, bytes.body.as_slice()), (200, b"a,b\n".as_slice()));
    assert_eq!(
        server.request("GET", &format!("/file/bot42:wrong/{file_path}"), &[], b"").await.status,
        401
    );
    assert_eq!(
        server.request("GET", &format!("/file/bot{TOKEN}/documents/no"), &[], b"").await.status,
        404
    );
    // A file that the server has goes out again by its id.
    let again = server.call("sendPhoto", json!({ "chat_id": 7, "photo": photo["file_id"] })).await;
    assert_eq!(again["photo"][0], photo);
}

#[tokio::test]
async fn files_are_refused_in_telegrams_words() {
    let server = Server::start().await;
    let chat = ("chat_id", None, b"7".as_slice());
    let refused = async |method: &str, part: (&str, Option<&str>, &[u8])| {
        let answer = server.multipart(&format!("/bot{TOKEN}/{method}"), &[chat, part]).await;
        (answer.status, answer.json()["description"].as_str().unwrap().to_owned())
    };
    let no_picture = refused("sendPhoto", ("photo", Some("a.png"), b"hello")).await;
    assert_eq!(no_picture, (400, "Bad Request: IMAGE_PROCESS_FAILED".to_owned()));
    let large = [png(10, 10), vec![0; 10 * 1024 * 1024]].concat();
    let words = format!("Bad Request: file of size {} bytes is too big for a photo", large.len());
    assert_eq!(refused("sendPhoto", ("photo", Some("a.png"), &large)).await, (400, words));
    let long = refused("sendPhoto", ("photo", Some("a.png"), &png(9_000, 2_000))).await;
    assert_eq!(long.1, "Bad Request: PHOTO_INVALID_DIMENSIONS");
    let empty = refused("sendDocument", ("document", Some("a.txt"), b"")).await;
    assert_eq!(empty.1, "Bad Request: file must be non-empty");
    let larger = vec![0; 50 * 1024 * 1024 + 1];
    let words = "Request Entity Too Large".to_owned();
    assert_eq!(refused("sendDocument", ("document", Some("a.bin"), &larger)).await, (413, words));
    assert_eq!(
        server.refused("sendPhoto", json!({ "chat_id": 7 })).await,
        "there is no photo in the request"
    );
    let caption = json!({ "chat_id": 7, "photo": "x", "caption": "x".repeat(1025) });
    assert_eq!(server.refused("sendPhoto", caption).await, "message caption is too long");
    let unknown = server.refused("getFile", json!({ "file_id": "x" })).await;
    assert_eq!(unknown, "wrong file_id or the file is temporarily unavailable");
}

#[tokio::test]
async fn a_file_over_the_download_limit_is_not_offered() {
    let server = Server::start().await;
    let large = vec![0; 20 * 1024 * 1024 + 1];
    let parts = [("chat_id", None, b"7".as_slice()), ("document", Some("a.bin"), large.as_slice())];
    let sent = server.multipart(&format!("/bot{TOKEN}/sendDocument"), &parts).await.json();
    let id = &sent["result"]["document"]["file_id"];
    assert_eq!(server.refused("getFile", json!({ "file_id": id })).await, "file is too big");
}
