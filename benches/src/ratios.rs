//! What counts: one line against another, and how near it must come.

use crate::statistics::thousands;

/// A figure that counts: one line against another.
pub struct Ratio {
    /// What it says to people.
    pub title: String,
    /// The line.
    pub line: String,
    /// Its yardstick.
    pub yardstick: String,
    /// The least that is asked for; none for what is only shown.
    pub at_least: Option<f64>,
}

/// The ratios that have a target, and those that only say more.
pub fn ratios(sizes: &[usize]) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    let mut ratio = |title: String, line: String, yardstick: String, at_least| {
        ratios.push(Ratio { title, line, yardstick, at_least: Some(at_least) });
    };
    let (small, large) = (sizes[0], sizes[sizes.len() - 1]);
    let at = |size: usize, rest: &str| format!("{size}/{rest}");
    for (title, line, yardstick, at_least) in [
        ("GET by id, SQLite : fixed answer", "sqlite/get", "fixed/serve", 0.5),
        ("GET by userName filter : GET by id", "sqlite/filter", "=sqlite/get", 0.8),
        ("GET by id, two processes : fixed answer, two processes", "split/get", "fixed/split", 0.8),
        ("GET by id, PostgreSQL : fixed answer", "postgres/get", "fixed/serve", 0.45),
        ("PATCH active, SQLite : bare SQLite writer", "sqlite/patch", "writer", 0.5),
        ("PATCH active, PostgreSQL : pgbench", "postgres/patch", "pgbench", 1.2),
        ("PUT that changes a title : PATCH active", "sqlite/put", "=sqlite/patch", 0.8),
        ("PUT that changes nothing : GET by id", "sqlite/put-same", "=sqlite/get", 0.6),
        (
            "PATCH beside a bad neighbour : PATCH alone, SQLite",
            "sqlite/patch-beside",
            "=sqlite/patch",
            0.3,
        ),
        (
            "PATCH beside a bad neighbour : PATCH alone, PostgreSQL",
            "postgres/patch-beside",
            "=postgres/patch",
            0.3,
        ),
        (
            "Bulk of 1,000 PATCHes, operations : PATCH active, one caller each, SQLite",
            "sqlite/bulk-alone",
            "=sqlite/patch-alone",
            2.0,
        ),
        (
            "Bulk of 1,000 PATCHes, operations : PATCH active, one caller each, PostgreSQL",
            "postgres/bulk-alone",
            "=postgres/patch-alone",
            2.0,
        ),
        ("gRPC ChangeUser, each a durable change : echo", "grpc/change", "echo/change", 0.4),
        (
            "gRPC ChangeUser that changes nothing : echo, both by h2load",
            "grpc/h2load-change",
            "echo/h2load-change",
            0.4,
        ),
        ("gRPC GetUser of one user : echo, both by h2load", "grpc/h2load", "echo/h2load", 0.5),
        ("gRPC GetUser : echo", "grpc/get", "echo/get", 0.5),
        ("gRPC GetUser by a service : by the operator", "grpc/get-service", "=grpc/get", 0.8),
        (
            "gRPC BatchChangeUsers of 100, users : ChangeUser, one caller each",
            "grpc/batch-alone",
            "=grpc/change-alone",
            3.0,
        ),
        ("gRPC ChangeUser with a request id : without", "grpc/change-once", "=grpc/change", 0.6),
    ] {
        let yardstick =
            yardstick.strip_prefix('=').map_or(yardstick.to_owned(), |rest| at(small, rest));
        ratio(title.to_owned(), at(small, line), yardstick, at_least);
    }
    if small != large {
        for line in [
            "sqlite/get",
            "sqlite/filter",
            "split/get",
            "postgres/get",
            "sqlite/patch",
            "postgres/patch",
            "sqlite/put",
            "sqlite/put-same",
            "grpc/change",
            "grpc/get",
        ] {
            let title = format!("{line}: {} : {} users", thousands(large), thousands(small));
            ratio(title, at(large, line), at(small, line), 0.85);
        }
    }
    let far = at(large, "list/far");
    ratio("Far page by index : first page".into(), far, at(large, "list/first"), 0.5);
    for (words, line) in [("Sorted page", "list/sorted"), ("Page with a cursor", "list/cursor")] {
        let (line, first) = (at(large, line), at(large, "list/first"));
        ratio(format!("{words} : first page"), line, first, 0.5);
    }
    let far = at(large, "list/token-far");
    ratio("Far page by token : first page".into(), far, at(large, "list/token-first"), 0.5);
    let page = at(large, "list/token-first");
    ratio(
        "Events about one user : page of users".into(),
        at(large, "ledger/by-user"),
        page.clone(),
        0.5,
    );
    ratio("Who is an Admin : page of users".into(), at(large, "ledger/holders"), page, 0.5);
    ratios.extend(limits(small, large));
    ratios
}

/// How far the disk lets anybody go.
fn limits(small: usize, large: usize) -> impl Iterator<Item = Ratio> {
    let at = |size: usize, rest: &str| format!("{size}/{rest}");
    let of_writer = |title: String, line: String, yardstick: String| Ratio {
        title,
        line,
        yardstick,
        at_least: None,
    };
    let writer =
        |size: usize| if size == small { "writer".to_owned() } else { format!("writer/{size}") };
    let on_large = (small != large).then(|| {
        let (users, of_users) = (thousands(large), thousands(small));
        [
            of_writer(
                format!("bare SQLite writer: {users} : {of_users} users"),
                writer(large),
                writer(small),
            ),
            of_writer(
                format!("PATCH active, SQLite : bare SQLite writer, {users} users"),
                at(large, "sqlite/patch"),
                writer(large),
            ),
        ]
    });
    let over_grpc = [
        of_writer("bare SQLite writer : gRPC echo".into(), writer(small), "echo/change".into()),
        of_writer(
            "gRPC ChangeUser, each a durable change : bare SQLite writer".into(),
            at(small, "grpc/change"),
            writer(small),
        ),
    ];
    over_grpc.into_iter().chain(on_large.into_iter().flatten())
}
