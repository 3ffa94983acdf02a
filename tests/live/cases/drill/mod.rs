//! The drill: it must find what is wrong, or what it finds to be well proves nothing.

mod control;

use crate::lab::Lab;
use crate::{Case, Suite};

pub const SUITE: Suite = Suite {
    name: "drill",
    lab,
    cases: &[
        Case {
            name: "a row that nobody wrote, a torn transaction and a second primary are found",
            run: control::foreign_torn_and_second,
        },
        Case {
            name: "rows that an asynchronous failover loses are found",
            run: control::lost,
        },
    ],
};

fn lab(image: &str) -> Lab {
    let hosts = "\
all:
  children:
    cluster:
      children:
        databases:
          hosts:
            pg-a: {ansible_host: 10.77.16.11, pg_role: primary}
            pg-b: {ansible_host: 10.77.16.12, pg_role: synchronous}
            pg-c: {ansible_host: 10.77.16.13, pg_role: asynchronous}
        pool: {hosts: {pgpool: {ansible_host: 10.77.16.14}}}
        clients:
          hosts:
            client: {ansible_host: 10.77.16.15, lab_login: bare, ansible_user: root, ansible_become: false}
";
    Lab::new(
        "live-drill",
        image,
        hosts,
        "timings: fast\napp_networks: [10.77.16.1/32]\n",
    )
}
