use super::*;

#[test]
fn the_kinds_and_modes_of_paths_are_read() {
    let of = |line: &str| Reading::default().entry(line);
    let link = of("lrwxrwxrwx root/root 0 2026-01-01 10:00 ./lib/a -> b c").unwrap();
    assert_eq!(link.0, "/usr/lib/a");
    assert_eq!(
        (link.1.place, link.1.yields),
        (Place::Link("b c".into()), false)
    );
    let twin = of("hrwsr-sr-T a/b         0 2026-01-01 10:00 ./srv/x link to ./srv/y").unwrap();
    let Place::File(_, access) = twin.1.place else {
        panic!("{twin:?}");
    };
    assert_eq!(
        (twin.0, access),
        ("/srv/x".to_owned(), Access::of_words("a:b", "7754"))
    );
}

#[test]
fn what_scripts_set_owners_of_is_not_known() {
    let read = |line: &str| Reading {
        owns: vec![line.to_owned()],
        ..Reading::default()
    };
    let named = read("chmod +x \"/etc/init.d/app\" || true");
    assert!(named.reowned("/etc/init.d/app"));
    assert!(!named.reowned("/etc/app/conf") && !named.reowned("/etc"));
    let deep = read("chown -R app:app \"/var/lib/app/\"");
    assert!(deep.reowned("/var/lib/app/x/y") && !deep.reowned("/etc/app"));
    assert!(!read("chown app /var/lib/app").reowned("/var/lib/app/x"));
    let any = read("chown app \"$HOME_OF_APP\"");
    assert!(any.reowned("/etc/app") && !any.reowned("/usr/share/app"));
}
