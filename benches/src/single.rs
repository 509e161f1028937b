//! Figures that stand alone: the latency of single writes, memory under load, the start.

use crate::account::{Account, Ledger, written_among};
use crate::children::{Memory, memory};
use crate::forms::{BASE, http};
use crate::house::{House, Size};
use crate::load::{CONNECTIONS, wrk};
use crate::outcome::Outcome;
use crate::paced;
use crate::pages;
use crate::report::{Figure, Report};
use crate::requests::{Requests, Scim, write};
use crate::servers::Launcher;
use crate::statistics::{Spread, thousands, whole};
use crate::watches;
use crate::web::ask_once;
use std::path::Path;
use std::time::Instant;

/// How often the start is measured.
const STARTS: usize = 5;
/// How long a piece of the soak is, in seconds: memory is looked at behind each.
const PIECE: u32 = 5;

/// By how many MiB own memory may grow and still be called flat: what an allocator keeps varies by
/// a few, and anything that leaks adds up to more.
const MOST_GROWTH: f64 = 10.0;

/// Measures them all. Ends the house, because the start needs the database for itself.
pub fn figures(
    mut house: House,
    launcher: &Launcher,
    account: &mut Account,
    report: &Report,
    paced_seconds: u32,
    soak_minutes: f64,
) -> Outcome<Vec<Figure>> {
    let mut figures = paced_writes(&house, account, report, paced_seconds)?;
    figures.extend(bursts(&house)?);
    figures.extend(pages::figures(&house, account, paced_seconds)?);
    let Some(large) = house.sizes.pop() else { return Ok(figures) };
    drop(house);
    figures.extend(soak(&large, &launcher.folder.join("soak"), account, soak_minutes)?);
    let Size { sqlite, serve, core, gateway, .. } = large;
    drop((gateway, core, serve));
    let id = sqlite.ids.text(sqlite.users / 2);
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let serve = launcher.serve("start", &sqlite)?;
        let request = http("GET", &serve.http, &format!("{BASE}/Users/{id}"), "");
        let answer = ask_once(&serve.http, &request)?;
        if answer.status != 200 {
            return Err("the service was not ready when it said so".into());
        }
        starts.push(begun.elapsed().as_secs_f64());
    }
    let starts = Spread::of(starts);
    figures.push(Figure {
        title: format!(
            "Start of `serve` until the first answer, {} users, s",
            thousands(sqlite.users)
        ),
        shown: starts.to_string(),
        value: starts.median,
        at_most: Some(1.0),
    });
    Ok(figures)
}

fn paced_writes(
    house: &House,
    account: &mut Account,
    report: &Report,
    seconds: u32,
) -> Outcome<Vec<Figure>> {
    let small = &house.sizes[0];
    let mut figures = Vec::new();
    for (dataset, serve, key) in [
        (&small.sqlite, &small.serve, "sqlite"),
        (&small.postgres, &small.serve_postgres, "postgres"),
    ] {
        let name = format!("{}/{key}/patch", dataset.users);
        let rate = report.rate(&name) / 10.0;
        let requests = Requests {
            dataset,
            users: dataset.users,
            host: serve.http.clone(),
            base: BASE,
            seed: 1_000_003,
        };
        let ledger = Ledger::from_now(dataset)?;
        let load = paced::run(&serve.http, &requests.of(Scim::Patch)?, rate, seconds)?;
        if load.failed > 0 {
            let failed = format!("{} requests failed", load.failed);
            account.complain(&format!("{name}, paced"), &failed);
        }
        account.traced += load.answered;
        // Nothing is left behind here: the pace ends, then the last answer is waited for.
        account.look_up(&format!("{name}, paced"), &ledger, load.answered..=load.answered)?;
        figures.push(Figure {
            title: format!("p99 of single PATCHes at {rate:.0}/s, {}, ms", dataset.engine),
            shown: format!("{:.2} (p50 {:.2})", load.p99, load.p50),
            value: load.p99,
            at_most: Some(20.0),
        });
    }
    Ok(figures)
}

/// How soon those who follow are told of many changes at once.
fn bursts(house: &House) -> Outcome<Vec<Figure>> {
    let small = &house.sizes[0];
    let mut figures = Vec::new();
    for (dataset, serve) in
        [(&small.sqlite, &small.serve), (&small.postgres, &small.serve_postgres)]
    {
        let p99 = watches::burst(serve)?;
        figures.push(Figure {
            title: format!("p99 of a burst of 1,000 sign-ins until told, {}, ms", dataset.engine),
            shown: format!("{p99:.0}"),
            value: p99,
            at_most: Some(1_000.0),
        });
    }
    Ok(figures)
}

/// Reads, filters and writes; memory and ledger are looked at all along.
fn soak(size: &Size, file: &Path, account: &mut Account, minutes: f64) -> Outcome<Vec<Figure>> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few minutes")]
    let pieces = (minutes * 60.0 / f64::from(PIECE)).ceil().max(2.0) as u64;
    let mut seen = Vec::new();
    let mut answered = 0;
    for piece in 0..pieces {
        let requests = Requests {
            dataset: &size.sqlite,
            users: size.sqlite.users,
            host: size.serve.http.clone(),
            base: BASE,
            seed: 2_000_003 + piece,
        };
        let requests = requests.mixed()?;
        write(&requests, file)?;
        let ledger = Ledger::from_now(&size.sqlite)?;
        let url = format!("http://{}/", size.serve.http);
        let load = wrk(&url, Path::new("benches/scripts/replay.lua"), file, CONNECTIONS, PIECE)?;
        if load.failed > 0 {
            account.complain("soak", &format!("{} requests failed", load.failed));
        }
        answered += load.answered;
        seen.push(memory(size.serve.id));
        account.look_up("soak", &ledger, written_among(&requests, load.answered))?;
    }
    account.traced += answered;
    let resident = Spread::of(seen.iter().map(|memory| memory.resident));
    let own = Spread::of(seen.iter().map(|memory| memory.own));
    let (early, late) = seen.split_at(seen.len() / 2);
    let half = |half: &[Memory]| Spread::of(half.iter().map(|m| m.own)).median;
    let growth = half(late) - half(early);
    let load = format!(
        "{} users, {minutes} min of mixed load, {} requests",
        thousands(size.sqlite.users),
        thousands(usize::try_from(answered)?)
    );
    let figure =
        |title: String, shown: String, value, at_most| Figure { title, shown, value, at_most };
    let mib = |figure: f64| format!("{figure:.0}");
    Ok(vec![
        figure(
            format!("Resident memory of `serve`, {load}, MiB"),
            resident.shown(whole),
            resident.most,
            Some(200.0),
        ),
        figure(
            "of which its own; the rest is pages of mapped files, MiB".into(),
            own.shown(whole),
            own.most,
            None,
        ),
        figure(
            "Growth of its own memory, second half over first, MiB".into(),
            // What shrank by less than half a MiB did not grow by "-0".
            mib(growth.round() + 0.0),
            growth,
            Some(MOST_GROWTH),
        ),
    ])
}
