//! That no text can break the markup.

use umbrasil_sdk::prelude::*;

#[test]
fn everything_is_escaped_but_literals() {
    let html = Html::from("<u>mine</u>")
        .line()
        .text("<b>&\"")
        .italic("<")
        .code("&amp;")
        .pre("a\nb")
        .link("a>b", "https://example.org/?a=1&b=\"><b>")
        .push(Html::new().bold(12))
        .push("<s>old</s>");
    assert_eq!(
        html.as_str(),
        "<u>mine</u>\n&lt;b&gt;&amp;&quot;<i>&lt;</i><code>&amp;amp;</code><pre>a\nb</pre>\
         <a href=\"https://example.org/?a=1&amp;b=&quot;&gt;&lt;b&gt;\">a&gt;b</a><b>12</b><s>old</s>"
    );
}

#[test]
fn what_people_see_is_what_was_given() {
    for text in
        ["", "<", "&lt;", "<b>x</b>", "a & b", "\"quoted\"", "🦀 & \u{202e}rtl", "</pre><script>"]
    {
        let mut host = super::host(|call| {
            Ok(Reply::text(call.text()).and(Reply::html(Html::new().bold(call.text()))))
        });
        let outcome = host.command(&format!("/do {text}")).unwrap();
        assert_eq!(outcome.replies[0].text, text);
        assert_eq!(outcome.replies[1].text, text);
    }
}
