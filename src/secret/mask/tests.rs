use super::*;

#[test]
fn a_secret_is_left_out_in_every_form_that_it_takes() {
    hide("it's \"Xq7\" /ü");
    for text in [
        "auth it's \"Xq7\" /ü.",
        r#"auth 'it'\''s "Xq7" /ü'"#,
        "auth 'it''s \"Xq7\" /ü'",
        r#"{"a":"it's \"Xq7\" /ü"}"#,
        "http://u:it%27s%20%22Xq7%22%20%2F%C3%BC@h/",
        "Basic aXQncyAiWHE3IiAvw7w=",
    ] {
        let told = masked(text);
        assert!(told.contains("***") && !told.contains("Xq7"), "{told}");
        assert!(!told.contains("aXQncyA"), "{told}");
    }
}

#[test]
fn what_stands_in_texts_by_chance_is_no_secret_to_look_for() {
    for word in ["postgres", "secret", "1234567890", "Ab1", ""] {
        hide(word);
    }
    let text = "postgres has a secret, Ab1 1234567890";
    assert_eq!(masked(text), text);
}

#[test]
fn a_private_key_is_known_by_the_words_around_it() {
    let text = "a\n-----BEGIN EC PRIVATE KEY-----\nMIGH\nAgEA\n-----END EC PRIVATE KEY-----\nb \
                -----BEGIN PRIVATE KEY-----\\nMIGH\\n-----END PRIVATE KEY-----\\n";
    insta::assert_snapshot!(masked(text), @r"
    a
    -----BEGIN EC PRIVATE KEY-----***-----END EC PRIVATE KEY-----
    b -----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----\n
    ");
    assert_eq!(
        masked("-----BEGIN PRIVATE KEY-----\nMIGH"),
        "-----BEGIN PRIVATE KEY-----***"
    );
}

#[test]
fn what_was_made_up_is_told_by_words_however_its_lines_are_broken() {
    let made =
        "-----BEGIN CERTIFICATE-----\nTUlJQmZ1bGxsaW5l\nb2ZhY2VydA==\n-----END CERTIFICATE-----\n";
    stand_in(made, "a new certificate for pg-a");
    let text = format!("a\n{made}b");
    assert_eq!(masked(&text), "a\n(a new certificate for pg-a)\nb");
    assert_eq!(stand_ins(&text), ["a new certificate for pg-a"]);
    assert_eq!(
        masked(&made.trim().replace('\n', "\n  ")),
        "(a new certificate for pg-a)"
    );
    let other = made.replace("TUl", "TUm");
    assert_eq!(masked(&other), other);
    // That it is a secret too does not take its words away.
    hide("Vq8-made-up");
    stand_in("Vq8-made-up", "a new password for admin");
    hide("Vq8-made-up");
    assert_eq!(masked("pw=Vq8-made-up"), "pw=(a new password for admin)");
    assert_eq!(stand_ins("pw=x"), Vec::<String>::new());
}

#[test]
fn a_quoted_line_keeps_its_length() {
    hide("Zw9-ün-plättlich");
    let text = "x: Zw9-ün-plättlich # y";
    let blotted = blotted(text);
    assert_eq!(blotted.len(), text.len());
    assert!(blotted.starts_with("x: ***") && blotted.ends_with("* # y"));
}

#[test]
fn the_secret_that_a_new_one_takes_the_place_of_is_left_out_too() {
    hide("Kj4newSecret");
    let pair = masked_pair(
        "listen\n  auth stats:Kj4oldSecret\n  bind :80\n",
        "listen\n  auth stats:Kj4newSecret\n  bind :81\n",
    );
    assert_eq!(pair.0, "listen\n  auth stats:***\n  bind :80\n");
    assert_eq!(pair.1, "listen\n  auth stats:***\n  bind :81\n");
    let pair = masked_pair("Kj4oldSecret\nx\n", "Kj4newSecret\ny\n");
    assert_eq!(pair, ("***\nx\n".to_owned(), "***\ny\n".to_owned()));
    stand_in_openly("made-anew-of-the-test", "a new number");
    let pair = masked_pair("id=77\n", "id=made-anew-of-the-test\n");
    assert_eq!(pair.0, "id=77\n");
    assert_eq!(pair.1, "id=(a new number)\n");
}
