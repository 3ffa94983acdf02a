use super::*;
use crate::secret::Secret;
use crate::step::{Access, PgServer, Written};

const OWN: u16 = 5432;

fn login(host: Option<&str>) -> Login {
    Login {
        host: host.map(str::to_owned),
        port: OWN,
        ..Login::default()
    }
}

fn pending(all: impl IntoIterator<Item = Pg>) -> Foreseen {
    let mut pending = Foreseen::default();
    for (at, pg) in all.into_iter().enumerate() {
        let own = Effect::Postgres(PgServer::new(Some("/run/postgresql"), OWN), pg);
        pending.add(&format!("task {at}"), "postgres", [own]);
    }
    pending
}

fn asked(name: &str) -> PgRole {
    PgRole {
        login: login(None),
        database: "postgres".into(),
        name: name.into(),
        password: true,
        expires: None,
    }
}

fn refused<T>() -> Is<T> {
    Err(ProbeError::Failed("can't become postgres".into()))
}

fn until<T: std::fmt::Debug>(is: Is<T>) -> String {
    is.unwrap_err().to_string()
}

fn made(flags: &[(&'static str, bool)], joins: &[&str]) -> RoleMade {
    RoleMade {
        flags: flags.to_vec(),
        joins: joins.iter().map(|&name| name.to_owned()).collect(),
        password: Some(Secret::new("SCRAM")),
        ..RoleMade::default()
    }
}

#[test]
fn a_role_becomes_what_all_tasks_make_of_it() {
    let pending = pending([
        Pg::Role("app".into(), made(&[("LOGIN", true)], &["readers", "old"])),
        Pg::Role(
            "app".into(),
            RoleMade {
                conn_limit: Some(5),
                comment: Some("of the shop".into()),
                ..RoleMade::default()
            },
        ),
        Pg::RoleGone("old".into()),
    ]);
    let role = pending.role(&asked("app"), Ok(None)).unwrap().unwrap();
    assert!(role.login && role.inherit && !role.superuser && role.expires_same);
    assert_eq!(
        (role.conn_limit, role.groups),
        (5, vec!["readers".to_owned()])
    );
    assert_eq!(role.comment.as_deref(), Some("of the shop"));
    assert_eq!(role.password.unwrap().reveal(), "SCRAM");
    assert_eq!(pending.role(&asked("other"), Ok(None)).unwrap(), None);
}

#[test]
fn a_new_server_has_only_its_own() {
    let new = pending([Pg::New]);
    assert_eq!(new.role(&asked("app"), refused()).unwrap(), None);
    assert_eq!(
        until(new.role(&asked("postgres"), refused())),
        "unknown until task 0: a new server makes it by itself"
    );
    let slot = PgSlot {
        login: login(None),
        database: "postgres".into(),
        name: "pg_b".into(),
    };
    assert_eq!(new.slot(&slot, refused()).unwrap(), None);
    // Where no task says that a new one comes, its silence is no answer.
    let role = Pg::Role("app".into(), RoleMade::default());
    assert!(matches!(
        pending([role]).role(&asked("app"), refused()),
        Err(ProbeError::Failed(_))
    ));
}

#[test]
fn what_sql_may_have_done_is_unknown_until_it_is_said_again() {
    let sql = || Pg::Unknown("what SQL does".into());
    let after = pending([sql()]);
    assert_eq!(
        until(after.role(&asked("app"), Ok(None))),
        "unknown until task 0: what SQL does"
    );
    let gone = pending([sql(), Pg::RoleGone("app".into())]);
    assert_eq!(gone.role(&asked("app"), Ok(None)).unwrap(), None);
}

#[test]
fn the_same_server_may_be_reached_by_another_name() {
    let role = Pg::Role("app".into(), RoleMade::default());
    let pending = pending([role]);
    let from_afar = |name: &str, port: u16| PgRole {
        login: Login {
            port,
            ..login(Some("10.0.0.1"))
        },
        ..asked(name)
    };
    assert_eq!(
        until(pending.role(&from_afar("app", OWN), Ok(None))),
        "unknown until task 0: that may be the same server under another name"
    );
    assert_eq!(pending.role(&from_afar("b", OWN), Ok(None)).unwrap(), None);
    assert_eq!(
        pending.role(&from_afar("app", 5433), Ok(None)).unwrap(),
        None
    );
}

#[test]
fn a_database_is_asked_for_what_is_known_of_it() {
    let made = DatabaseMade {
        owner: Some("app".into()),
        encoding: Some("UTF8".into()),
        ..DatabaseMade::default()
    };
    let pending = pending([Pg::Database("shop".into(), made)]);
    let asked = |encoding: Option<&str>| PgDatabase {
        login: login(None),
        maintenance: "postgres".into(),
        name: "shop".into(),
        encoding: encoding.map(str::to_owned),
    };
    let shop = pending.database(&asked(Some("utf-8")), Ok(None)).unwrap();
    let shop = shop.unwrap();
    assert!(shop.encoding_same && shop.owner == "app" && shop.conn_limit == -1);
    assert!(pending.database(&asked(Some("LATIN1")), Ok(None)).is_err());
}

fn setting(context: &str, auto: Option<&str>) -> Setting {
    Setting {
        name: "work_mem".into(),
        setting: "4096".into(),
        pretty: "4MB".into(),
        unit: Some("kB".into()),
        vartype: "integer".into(),
        context: context.into(),
        boot_val: None,
        source: "default".into(),
        pending_restart: false,
        auto: auto.map(str::to_owned),
    }
}

#[test]
fn a_parameter_is_in_effect_or_waits_for_a_restart() {
    let asked = PgSetting {
        login: login(None),
        database: "postgres".into(),
        name: "WORK_MEM".into(),
    };
    let written = || Written {
        setting: "65536".into(),
        pretty: "64MB".into(),
        text: "64MB".into(),
    };
    let set = || Pg::Setting("work_mem".into(), Some(written()));
    let unset = || Pg::Setting("work_mem".into(), None);
    let will = |all: Vec<Pg>, context: &str, auto| {
        pending(all).setting(&asked, Ok(Some(setting(context, auto))))
    };
    let user = will(vec![set()], "user", None).unwrap().unwrap();
    assert_eq!(
        (user.pretty.as_str(), user.auto.as_deref()),
        ("64MB", Some("64MB"))
    );
    let restart = will(vec![set()], "postmaster", None).unwrap().unwrap();
    assert_eq!(
        (restart.pretty.as_str(), restart.auto.as_deref()),
        ("4MB", Some("64MB"))
    );
    // Nobody asked what the files say besides.
    assert!(will(vec![set(), unset()], "user", None).is_err());
    assert!(will(vec![unset()], "user", None).is_ok());
    assert!(will(vec![unset(), set()], "user", Some("8MB")).is_ok());
}

#[test]
fn a_file_that_the_server_reads_may_change_it() {
    let asked = PgSetting {
        login: login(None),
        database: "postgres".into(),
        name: "work_mem".into(),
    };
    let will = |path: &str, content: &str, auto| {
        let mut pending = Foreseen::default();
        let holds = Holds::Bytes(content.as_bytes().into());
        let file = Effect::Path(path.to_owned(), Place::File(holds, Access::default()));
        pending.add("configure it", "root", [file]);
        pending.setting(&asked, Ok(Some(setting("user", auto))))
    };
    let conf = "/etc/postgresql/17/main/conf.d/10.conf";
    assert!(will(conf, "work_mem = 8MB", None).is_err());
    assert!(will(conf, "work_mem = 8MB", Some("4MB")).is_ok());
    assert!(will(conf, "port = 5433", None).is_ok());
    assert!(will("/etc/postgresql/17/main/pg_hba.conf", "work_mem", None).is_ok());
}

#[test]
fn a_silent_server_may_be_brought() {
    let mut pending = Foreseen::default();
    assert!(pending.brought(&login(None), ()).is_ok());
    pending.add("start it", "root", [Effect::Unsaid]);
    assert_eq!(
        pending.brought(&login(None), ()).unwrap_err().to_string(),
        "unknown until start it: the server does not answer now"
    );
}
