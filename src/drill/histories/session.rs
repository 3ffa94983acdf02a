//! One session: transactions through both doors, each in the record before it is sent.

use super::chosen::Chosen;
use super::statement::{answered, sql};
use super::{Shared, schema};
use crate::drill::Purpose;
use crate::drill::chance::Chance;
use crate::drill::client::{Client, Ended};
use crate::drill::ledger;
use crate::drill::sessions::opened;
use crate::history::{Begin, Door, End, Level, Operation, Outcome, RecordError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

/// How long a session waits before it tries again.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest that a session thinks between two transactions, in milliseconds.
const THOUGHT: u64 = 40;
/// After how many reads, on the average, a session connects anew.
const STAY: u64 = 20;

/// How it went, as far as it went.
struct Went {
    operations: Vec<Operation>,
    asked: Option<f64>,
    outcome: Outcome,
    why: String,
}

/// Works until told to stop.
pub async fn work(shared: Arc<Shared>, session: u32) -> Result<(), RecordError> {
    // The rows of chance of the drill's other clients are smaller numbers.
    let mut chance = Chance::of(shared.settings.seed, (2 << 32) | u64::from(session));
    let (mut writes, mut reads) = (None, None);
    while !shared.stop.load(Ordering::SeqCst) {
        let number = shared.next.fetch_add(1, Ordering::SeqCst);
        let chosen = Chosen::of(&mut chance, shared.settings.level, number);
        let level = chosen.level;
        shared.record.intend(Begin {
            number,
            session,
            door: chosen.door,
            level: (level != shared.settings.level).then_some(level),
            at: shared.clock.now(),
            operations: chosen.acts.iter().cloned().map(Operation::from).collect(),
        })?;
        let kept = match chosen.door {
            Door::Write => &mut writes,
            _ => &mut reads,
        };
        // A proxy leads each connection to one node, so those that read come anew now and then.
        if chosen.door == Door::Read && chance.below(STAY) == 0 {
            *kept = None;
        }
        let went = attempt(&shared, kept, &chosen).await;
        let committed = went.outcome == Outcome::Committed;
        shared.record.ended(End {
            number,
            at: shared.clock.now(),
            asked: went.asked,
            outcome: went.outcome,
            why: went.why,
            operations: went.operations,
        })?;
        let pause = if committed || kept.is_some() {
            Duration::from_millis(chance.below(THOUGHT))
        } else {
            PAUSE
        };
        sleep(pause).await;
    }
    Ok(())
}

/// Sends one transaction, over a new connection where there is none; one that is no good any more is taken
/// away.
async fn attempt(shared: &Shared, kept: &mut Option<Client>, chosen: &Chosen) -> Went {
    let mut operations = Vec::new();
    let mut client = None;
    match up_to_commit(shared, kept, chosen, &mut client, &mut operations).await {
        Ok(()) => {}
        // Nobody has asked for a commit.
        Err(ended) => {
            if let (Some(client), Ended::Said(_)) = (client, &ended)
                && client.query("ROLLBACK").await.is_ok()
            {
                *kept = Some(client);
            }
            return Went {
                operations,
                asked: None,
                outcome: Outcome::Aborted,
                why: ended.words(),
            };
        }
    }
    let Some(client) = client else {
        return Went {
            operations,
            asked: None,
            outcome: Outcome::Aborted,
            why: "no connection".to_owned(),
        };
    };
    let asked = shared.clock.now();
    let (outcome, why) = with_cancel(&client, chosen, chosen.acts.len(), client.commit()).await;
    let outcome = match outcome {
        ledger::Outcome::Acknowledged => Outcome::Committed,
        ledger::Outcome::Refused | ledger::Outcome::Abandoned => Outcome::Aborted,
        ledger::Outcome::Unknown => Outcome::Unknown,
    };
    if outcome == Outcome::Committed {
        *kept = Some(client);
    }
    Went {
        operations,
        asked: Some(asked),
        outcome,
        why,
    }
}

async fn up_to_commit(
    shared: &Shared,
    kept: &mut Option<Client>,
    chosen: &Chosen,
    client: &mut Option<Client>,
    operations: &mut Vec<Operation>,
) -> Result<(), Ended> {
    let purpose = match chosen.door {
        Door::Write => Purpose::Writes,
        _ => Purpose::Reads,
    };
    let opened = match kept.take() {
        Some(client) => client,
        None => opened(&shared.entry, purpose).await?,
    };
    let client = client.insert(opened);
    client.query(&begin(chosen.door, chosen.level)).await?;
    if let Some(limit) = chosen.limit {
        client
            .query(&format!("SET LOCAL statement_timeout = '{limit}'"))
            .await?;
    }
    let schema = schema(&shared.settings.run);
    for (at, act) in chosen.acts.iter().enumerate() {
        let statement = sql(&schema, chosen.door, act);
        let rows = with_cancel(client, chosen, at, client.query(&statement)).await?;
        let answer = rows.first().and_then(|row| answered(act.clone(), row));
        let answer = answer.ok_or_else(|| {
            Ended::Lost(format!("`{statement}` has an answer that can't be read"))
        })?;
        operations.push(answer);
    }
    Ok(())
}

fn begin(door: Door, level: Level) -> String {
    let read = if door == Door::Write {
        ""
    } else {
        " READ ONLY"
    };
    format!(
        "BEGIN ISOLATION LEVEL {}{read}",
        level.name().to_uppercase()
    )
}

/// Waits for a statement, and asks the server meanwhile to cancel it where that was chosen. The request may
/// come too late and hit a later one: whatever it hits says so by itself.
async fn with_cancel<T>(
    client: &Client,
    chosen: &Chosen,
    at: usize,
    statement: impl Future<Output = T>,
) -> T {
    let Some((_, after)) = chosen.cancel.filter(|(during, _)| *during == at) else {
        return statement.await;
    };
    let cancel = async {
        sleep(after).await;
        client.cancel().await;
    };
    tokio::join!(statement, cancel).0
}
