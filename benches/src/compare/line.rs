//! The lines of a comparison: what is asked, on which database, of one process or two.

use crate::compare::part::Kind;
use crate::dataset::Engine;
use crate::lines::Grpc;
use crate::outcome::Outcome;

/// A line of the results.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// On which database.
    pub engine: Engine,
    /// What is asked.
    pub kind: Kind,
    /// Whether a gateway and a core answer, each a process of its own.
    pub split: bool,
    word: &'static str,
    title: &'static str,
}

/// What is measured on each database, in the order of the results.
const LINES: [(&str, &str, Kind, bool); 9] = [
    ("get", "GET by id", Kind::Get, false),
    ("filter", "GET by userName filter", Kind::Filter, false),
    ("split", "GET by id, two processes", Kind::Get, true),
    ("patch", "PATCH active", Kind::Patch, false),
    ("put", "PUT that changes a title", Kind::Put, false),
    ("put-same", "PUT that changes nothing", Kind::PutSame, false),
    ("grpc-get", "gRPC GetUser", Kind::GrpcGet, false),
    ("grpc-change", "gRPC ChangeUser", Kind::GrpcChange, false),
    ("page", "Page of 100", Kind::Page, false),
];

/// All lines, or those whose keys contain one of the words: `sqlite`, `patch`, `postgres/put-same`.
pub fn lines(words: &[String]) -> Outcome<Vec<Line>> {
    let on =
        |engine| LINES.map(|(word, title, kind, split)| Line { engine, kind, split, word, title });
    let all = || [Engine::Sqlite, Engine::Postgres].into_iter().flat_map(on);
    if let Some(word) = words.iter().find(|word| !all().any(|line| line.key().contains(&***word))) {
        let known: Vec<String> = all().map(|line| line.key()).collect();
        return Err(format!("no line is called `{word}`; there are {}", known.join(", ")).into());
    }
    let wanted = |line: &Line| words.iter().any(|word| line.key().contains(&**word));
    Ok(all().filter(|line| words.is_empty() || wanted(line)).collect())
}

impl Line {
    /// How it is found: `sqlite/get`.
    pub fn key(&self) -> String {
        let engine = match self.engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        };
        format!("{engine}/{}", self.word)
    }

    /// What it says to people.
    pub fn title(&self) -> String {
        format!("{}, {}", self.title, self.engine)
    }

    /// The processes that answer it.
    pub fn processes(&self) -> &'static str {
        match (self.engine, self.split) {
            (Engine::Sqlite, false) => "`serve` on SQLite",
            (Engine::Sqlite, true) => "`gateway` and `core` on SQLite",
            (Engine::Postgres, false) => "`serve` on PostgreSQL",
            (Engine::Postgres, true) => "`gateway` and `core` on PostgreSQL",
        }
    }

    /// Where it is called, if through gRPC.
    pub fn grpc_path(&self) -> Option<&'static str> {
        match self.kind {
            Kind::GrpcGet => Some(Grpc::Get.path()),
            Kind::GrpcChange => Some(Grpc::Change.path()),
            Kind::Get | Kind::Filter | Kind::Patch | Kind::Put | Kind::PutSame | Kind::Page => None,
        }
    }

    /// Whether each of its answers stands for a line of the ledger, or none does.
    pub fn writes(&self) -> bool {
        match self.kind {
            Kind::Patch | Kind::Put | Kind::GrpcChange => true,
            Kind::Get | Kind::Filter | Kind::PutSame | Kind::Page | Kind::GrpcGet => false,
        }
    }

    /// A real user has more bytes than this as JSON, and a page a hundred times as many.
    pub fn least_answer(&self) -> Option<u64> {
        match self.kind {
            Kind::GrpcGet | Kind::GrpcChange => None,
            Kind::Page => Some(80_000),
            Kind::Get | Kind::Filter | Kind::Patch | Kind::Put | Kind::PutSame => Some(800),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_chosen_by_words() {
        let keys = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            lines(&words).map(|lines| lines.iter().map(Line::key).collect::<Vec<_>>())
        };
        assert_eq!(keys(&[]).unwrap().len(), 18);
        assert_eq!(keys(&["postgres/put"]).unwrap().len(), 2);
        let chosen = keys(&["patch", "sqlite/get"]).unwrap();
        assert_eq!(chosen, ["sqlite/get", "sqlite/patch", "postgres/patch"]);
        assert!(keys(&["delete"]).is_err());
    }
}
