//! Every story in every house: both process shapes on both databases. Owns the four names that
//! a test can be filtered by; must never know a story.

/// Makes four tests of each story, an `async fn(&House)` of the calling module.
macro_rules! in_every_house {
    ($($story:ident),* $(,)?) => {
        $crate::support::in_one_house!(joined_on_sqlite, AllInOne, Sqlite, $($story),*);
        $crate::support::in_one_house!(joined_on_postgres, AllInOne, Postgres, $($story),*);
        $crate::support::in_one_house!(split_on_sqlite, Split, Sqlite, $($story),*);
        $crate::support::in_one_house!(split_on_postgres, Split, Postgres, $($story),*);
    };
}

macro_rules! in_one_house {
    ($name:ident, $shape:ident, $engine:ident, $($story:ident),*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $story() {
                    use $crate::support::{Engine, Shape, run};
                    run(Shape::$shape, Engine::$engine, super::$story).await;
                }
            )*
        }
    };
}

pub(crate) use {in_every_house, in_one_house};
