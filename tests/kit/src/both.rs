//! The macro that tells every test on both databases. Must never know a test or what it stands on.

/// Makes of each named `async fn` a test on SQLite and a test on PostgreSQL, which is not told
/// where PostgreSQL isn't installed.
///
/// The fixture is a type with `async fn on(Database) -> Self`; `&Fixture` lends it to the tests,
/// `Fixture` gives it to them.
#[macro_export]
macro_rules! on_both_databases {
    (& $fixture:path: $($test:ident),+ $(,)?) => {
        $crate::on_both_databases!(@on_sqlite Sqlite [&] $fixture: $($test),+);
        $crate::on_both_databases!(@on_postgres Postgres [&] $fixture: $($test),+);
    };
    ($fixture:path: $($test:ident),+ $(,)?) => {
        $crate::on_both_databases!(@on_sqlite Sqlite [] $fixture: $($test),+);
        $crate::on_both_databases!(@on_postgres Postgres [] $fixture: $($test),+);
    };
    (@test $test:ident $engine:ident [$($lent:tt)?] $fixture:path) => {
        #[tokio::test]
        async fn $test() {
            if let Some(database) = $crate::Database::fresh($crate::Engine::$engine) {
                let fixture = <$fixture>::on(database).await;
                super::$test($($lent)? fixture).await;
            }
        }
    };
    (@$module:ident $engine:ident $lent:tt $fixture:path: $($test:ident),+) => {
        mod $module {
            $($crate::on_both_databases!(@test $test $engine $lent $fixture);)+
        }
    };
}
