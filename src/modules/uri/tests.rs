use super::*;
use crate::modules::trial::{planned, ready};
use crate::step::Output;
use std::path::Path;

fn request(args: Value) -> Request {
    let plan = planned::<Uri>(args, &[("p=/ca\n", "bytes\nCA")]).unwrap();
    assert!(matches!(&plan, Plan::Act { changes, .. } if changes[0].sign == Sign::Run));
    match &plan.steps()[0].action {
        Action::Request(request) => (**request).clone(),
        other => panic!("{other:?}"),
    }
}

fn headers(request: &Request) -> String {
    let lines = request.headers.iter();
    let lines = lines.map(|(name, value)| format!("{name}: {}", value.reveal()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_request_is_what_was_asked_for() {
    let made = request(json!({
        "url": "http://ann@a/x?token=1", "method": "post", "body_format": "json", "body": { "a": 1 },
        "headers": { "content-type": "text/x", "X-N": 5 }, "url_username": "ann", "url_password": "pw",
        "follow_redirects": "all", "http_agent": "me", "force": true, "timeout": 3,
    }));
    assert_eq!(made.shown(), "POST http://a/x");
    insta::assert_snapshot!(headers(&made), @"
    Authorization: Basic YW5uOnB3
    content-type: text/x
    X-N: 5
    User-Agent: me
    Cache-Control: no-cache
    ");
    assert_eq!(
        (made.body.as_slice(), made.limit.as_secs(), made.follow),
        (&br#"{"a":1}"#[..], 3, Follow::Always)
    );
    let form = request(
        json!({ "url": "http://a", "method": "PUT", "body_format": "form-urlencoded", "body": { "a": "b c" } }),
    );
    assert_eq!(
        (headers(&form).as_str(), form.body.as_slice()),
        (
            "Content-Type: application/x-www-form-urlencoded",
            &b"a=b+c"[..]
        )
    );
}

#[test]
fn certificates_are_verified_unless_the_user_says_otherwise() {
    let made = request(json!({ "url": "https://a", "ca_path": "/ca" }));
    assert_eq!((made.tls.ca.as_str(), made.tls.unverified), ("CA", false));
    let made = request(json!({ "url": "https://a", "validate_certs": false }));
    assert!(made.tls.unverified);
}

#[test]
fn what_exists_already_spares_it() {
    let args = json!({ "url": "http://a", "creates": "/made" });
    let plan = planned::<Uri>(args, &[("/made", "yes\n")]).unwrap();
    assert!(!plan.is_change(), "{plan:?}");
}

#[test]
fn what_is_not_supported_is_refused_in_words() {
    let refused = |args| ready::<Uri>(Path::new("/"), args).unwrap_err().to_string();
    assert!(
        refused(json!({ "url": "http://a", "dest": "/x" })).contains("trueup does not support it")
    );
    insta::assert_snapshot!(refused(json!({ "url": "ftp://a" })), @"`url` ftp://a begins with neither http:// nor https://; write it whole: https://127.0.0.1:8008");
    insta::assert_snapshot!(refused(json!({ "url": "http://a", "status_code": "200, ok" })), @"`status_code`: `ok` is no status; write a number, or a list of them: [200, 202]");
}

fn result(args: Value, response: &Response) -> TaskResult {
    let ready = ready::<Uri>(Path::new("/"), args).unwrap();
    ready.made(&StepOutput {
        output: response.output(),
        elapsed: Duration::from_millis(1200),
    })
}

#[test]
fn the_result_has_ansible_s_names() {
    let response = Response {
        status: 202,
        url: "http://a/".into(),
        headers: vec![
            (
                "content-type".into(),
                "application/json; charset=utf-8".into(),
            ),
            ("set-cookie".into(), "a=1".into()),
            ("set-cookie".into(), "b=2".into()),
        ],
        body: b"{\"n\": 1}".to_vec(),
    };
    let good = result(
        json!({ "url": "http://a", "status_code": [200, 202] }),
        &response,
    );
    assert!(good.failed.is_none() && !good.changed);
    insta::assert_json_snapshot!(good.values, @r#"
    {
      "content_type": "application/json; charset=utf-8",
      "set_cookie": "a=1, b=2",
      "json": {
        "n": 1
      },
      "status": 202,
      "url": "http://a/",
      "redirected": true,
      "elapsed": 1,
      "msg": "OK (unknown bytes)"
    }
    "#);
    let bad = result(json!({ "url": "http://a/" }), &response);
    assert_eq!(
        bad.failed.as_deref(),
        Some("Status code was 202 and not [200]: OK (unknown bytes)")
    );
    assert_eq!(bad.values["content"], "{\"n\": 1}");
    let text = result(
        json!({ "url": "http://a/", "status_code": "202", "return_content": true }),
        &response,
    );
    assert_eq!(text.values["content"], "{\"n\": 1}");
}

#[test]
fn no_answer_is_status_minus_one() {
    let ready = ready::<Uri>(Path::new("/"), json!({ "url": "http://a/" })).unwrap();
    let silent = ready.made(&StepOutput {
        output: Output {
            status: 1,
            stderr: b"can't connect to a:80: nothing answers there".to_vec(),
            ..Output::default()
        },
        elapsed: Duration::ZERO,
    });
    assert_eq!(silent.values["status"], -1);
    insta::assert_snapshot!(silent.failed.unwrap(), @"Status code was -1 and not [200]: Request failed: can't connect to a:80: nothing answers there");
}
