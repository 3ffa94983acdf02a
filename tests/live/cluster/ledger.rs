//! Rows inserted under load, and which of them were acknowledged.

use super::through_entry;
use crate::command::Running;
use crate::lab::Lab;
use crate::wait::wait_until;

/// Clients that insert rows through the entry until they are told to stop.
pub struct Load {
    running: Running,
}

/// Starts the clients, and waits until rows are acknowledged.
#[track_caller]
pub fn begin(lab: &Lab) -> Load {
    wait_until("the ledger's table", 60, || {
        through_entry(
            lab,
            20,
            "create table if not exists ledger (worker int, row int, primary key (worker, row)); truncate ledger",
        )
        .code
            == Some(0)
    });
    let running = lab.start_ssh("client", include_str!("load.sh"));
    wait_until("the first rows", 60, || acknowledged(lab) >= 8);
    Load { running }
}

/// How many rows were acknowledged up to now.
pub fn acknowledged(lab: &Lab) -> u32 {
    lab.ssh("client", "cat /root/ledger.* 2> /dev/null | grep -c ^ack")
        .stdout
        .trim()
        .parse()
        .unwrap_or(0)
}

/// How many rows ended otherwise than acknowledged.
#[track_caller]
pub fn failed(lab: &Lab) -> u32 {
    lab.ask("client", "cat /root/ledger.* | grep -vc ^ack || true")
        .parse()
        .unwrap()
}

impl Load {
    /// Waits until rows are acknowledged again, stops the clients, and finds every acknowledged row
    /// and no row that nobody inserted.
    #[track_caller]
    pub fn end_with_every_row(self, lab: &Lab) {
        let before = acknowledged(lab);
        wait_until("new acknowledged rows", 120, || {
            acknowledged(lab) >= before + 8
        });
        self.stop(lab);
        let (lost, foreign, acknowledged) = check(lab);
        assert_eq!(
            (lost, foreign),
            (0, 0),
            "of {acknowledged} acknowledged rows {lost} are lost, and {foreign} rows came from nobody"
        );
    }

    /// Stops the clients.
    #[track_caller]
    pub fn stop(self, lab: &Lab) {
        lab.ask("client", "touch /root/stop");
        self.running.end(300).with_code(0);
    }
}

/// How many acknowledged rows are lost, how many rows came from nobody, how many were acknowledged.
#[track_caller]
pub fn check(lab: &Lab) -> (u32, u32, u32) {
    let told = lab.ask("client", include_str!("check.sh"));
    let numbers: Vec<u32> = told
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let [lost, foreign, acknowledged] = numbers[..] else {
        panic!("the check of the ledger says: {told}");
    };
    (lost, foreign, acknowledged)
}
