//! A database file that goes away under the core: what is written to it would be gone.

use super::fixture::*;
use provost_proto::v1;
use provost_test_kit::{Database, Engine};
use std::fs;
use std::path::PathBuf;
use tonic::Code;

#[tokio::test]
async fn what_went_into_a_file_that_is_gone_is_never_acknowledged() {
    let fixture = Fixture::on(Database::fresh(Engine::Sqlite).unwrap()).await;
    let id = fixture.user("ada", v1::Role::Registered).await.id;
    let database = fixture.url.strip_prefix("sqlite://").unwrap();
    let aside = PathBuf::from(format!("{database}-aside"));
    let retitle = async |title: &str| {
        let options = v1::WriteOptions::default();
        change(&mut fixture.users(), &id, vec![set_title(title)], options).await
    };
    let gone = (Code::Unavailable, "STORE_UNAVAILABLE".to_owned());
    for suffix in ["", "-wal"] {
        let file = PathBuf::from(format!("{database}{suffix}"));
        for is_replaced in [false, true] {
            let case = format!("{suffix:?} {is_replaced}");
            retitle(&format!("before {case}")).await.unwrap();
            fs::rename(&file, &aside).unwrap();
            if is_replaced {
                fs::copy(&aside, &file).unwrap();
            }
            assert_eq!(reason(&retitle("lost").await.unwrap_err()), gone, "{case}");
            let read = get(&mut fixture.users(), &id).await;
            assert_eq!(reason(&read.unwrap_err()), gone, "{case}");

            fs::rename(&aside, &file).unwrap();
            let title = fixture.get(&id).await.profile.unwrap().attributes.remove("title");
            assert_eq!(title, Some(text(&format!("before {case}"))), "once it is back");
        }
    }
}
