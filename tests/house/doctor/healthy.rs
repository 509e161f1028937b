//! Where nothing is wrong, nothing is found, and nothing is left behind.

use provost::doctor::report::ReportLine;

use super::{TEST_USER, Visit, healthy_site, users};
use crate::support::{House, in_every_house};

in_every_house!(
    a_healthy_site_has_no_findings_and_stays_as_it_is,
    whoever_is_created_is_gone_afterwards,
    what_is_stopped_in_the_middle_is_put_back,
    a_group_is_gone_when_its_push_is_stopped
);

async fn a_healthy_site_has_no_findings_and_stays_as_it_is(house: &House) {
    let site = healthy_site(house, "acme").await;
    let before = users(&site).await;
    let versions = site.get("/Users?filter=userName%20sw%20%22owner%22").await.expect(200);
    let seen = Visit::new(&site).examined().await;
    assert_eq!(seen.words(), "");
    assert_eq!(seen.is_put_back, Some(true));
    assert!(seen.steps > 90, "{}", seen.steps);
    assert_eq!(users(&site).await, before);
    let groups = site.get("/Groups").await.expect(200);
    assert_eq!(groups["totalResults"], 0, "{groups}");
    // Nobody else was touched, to the version.
    let after = site.get("/Users?filter=userName%20sw%20%22owner%22").await.expect(200);
    assert_eq!(after, versions);
}

async fn whoever_is_created_is_gone_afterwards(house: &House) {
    let site = healthy_site(house, "acme").await;
    let before = users(&site).await;
    let seen = Visit { user: None, ..Visit::new(&site) }.examined().await;
    assert_eq!(seen.words(), "");
    assert_eq!(seen.is_put_back, Some(true));
    assert_eq!(users(&site).await, before);
}

/// As by ctrl-c, behind the first request that deactivates somebody.
async fn what_is_stopped_in_the_middle_is_put_back(house: &House) {
    let site = healthy_site(house, "acme").await;
    let before = users(&site).await;
    let visit = Visit::new(&site);
    let stop = visit.stop.clone();
    let told = move |line: &ReportLine| {
        if let ReportLine::Step(step) = line
            && step.method == "PATCH"
        {
            stop.cancel();
        }
    };
    let ended = visit.told(told).await.err().unwrap();
    let sentence = "The doctor was stopped before the end, and has put everything back.";
    assert_eq!(ended.to_string(), sentence);
    assert_eq!(users(&site).await, before);
    assert!(before.iter().any(|user| user.user_name == TEST_USER && user.active));
}

/// As by ctrl-c, when somebody has just become a member.
async fn a_group_is_gone_when_its_push_is_stopped(house: &House) {
    let site = healthy_site(house, "acme").await;
    let before = users(&site).await;
    let visit = Visit::new(&site);
    let stop = visit.stop.clone();
    let told = move |line: &ReportLine| {
        if let ReportLine::Step(step) = line
            && step.target.contains("/Groups/")
            && step.method == "PATCH"
        {
            stop.cancel();
        }
    };
    let ended = visit.told(told).await.err().unwrap();
    let sentence = "The doctor was stopped before the end, and has put everything back.";
    assert_eq!(ended.to_string(), sentence);
    assert_eq!(users(&site).await, before);
    let groups = site.get("/Groups").await.expect(200);
    assert_eq!(groups["totalResults"], 0, "{groups}");
}
