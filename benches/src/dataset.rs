//! A database with users, as the runs see it beside the service: its ids, what is stored of
//! some users, and how far its ledger has come.

use crate::children::bound;
use crate::ids::Ids;
use crate::outcome::Outcome;
use crate::postgres::Cluster;
use rusqlite::{Connection, OpenFlags};
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Sqlite { "SQLite" } else { "PostgreSQL" })
    }
}

/// The program that makes users, and where they are kept.
#[derive(Clone)]
pub struct Origin {
    /// Where ids and files are kept.
    pub folder: PathBuf,
    /// The `provost-bench` that makes them.
    pub maker: PathBuf,
    /// A text that changes whenever the maker would make something else.
    pub shape: String,
    /// The end of the names of PostgreSQL's databases, so that origins can be beside one another.
    pub suffix: &'static str,
}

impl Origin {
    /// This program, with the people and tables that it was built with.
    pub fn own(folder: &Path) -> Outcome<Self> {
        let (folder, maker) = (folder.to_owned(), std::env::current_exe()?);
        Ok(Self { folder, maker, shape: shape(), suffix: "" })
    }
}

/// A working copy of the users of one size in one database.
pub struct Dataset {
    /// In which database.
    pub engine: Engine,
    /// How many users.
    pub users: usize,
    /// Their ids.
    pub ids: Ids,
    origin: Origin,
    file: PathBuf,
    cluster: Rc<Cluster>,
}

impl Dataset {
    /// A fresh working copy. The original is made where it is missing, and kept.
    pub fn open(
        origin: &Origin,
        cluster: &Rc<Cluster>,
        engine: Engine,
        users: usize,
    ) -> Outcome<Self> {
        let original = origin.folder.join(format!("{engine}-{users}").to_lowercase());
        let dataset = |ids| Self {
            engine,
            users,
            ids,
            origin: origin.clone(),
            file: original.join("work.db"),
            cluster: Rc::clone(cluster),
        };
        let empty = dataset(Ids::default());
        if !empty.is_made(&original)? {
            empty.make(&original)?;
        }
        empty.copy(&original)?;
        Ok(dataset(Ids::read(&original.join("ids"))?))
    }

    /// How the service is told of it.
    pub fn url(&self) -> String {
        match self.engine {
            Engine::Sqlite => sqlite_url(&self.file),
            Engine::Postgres => self.cluster.url(&self.work()),
        }
    }

    /// The file of the ids, as the maker wrote it.
    pub fn ids_file(&self) -> PathBuf {
        self.file.with_file_name("ids")
    }

    /// What the directory last said of these users.
    pub fn active(&self, numbers: &[usize]) -> Outcome<Vec<bool>> {
        match self.engine {
            Engine::Sqlite => {
                let connection = self.connection()?;
                let mut statement = connection
                    .prepare("SELECT directory_active FROM users WHERE site_id = 1 AND id = ?1")?;
                let read = |number: &usize| {
                    Ok(statement.query_row([self.ids.bytes(*number)], |row| row.get(0))?)
                };
                numbers.iter().map(read).collect()
            }
            Engine::Postgres => {
                let ids: Vec<String> =
                    numbers.iter().map(|number| self.ids.text(*number)).collect();
                let sql = format!(
                    "SELECT id, directory_active FROM users WHERE site_id = 1 AND id = ANY('{{{}}}')",
                    ids.join(",")
                );
                let rows = self.cluster.query(&self.work(), &sql)?;
                let rows: HashMap<&str, bool> = rows
                    .lines()
                    .filter_map(|row| row.split_once('|'))
                    .map(|(id, active)| (id, active == "t"))
                    .collect();
                let read = |id: &String| rows.get(&**id).copied().ok_or("a user is missing".into());
                ids.iter().map(read).collect()
            }
        }
    }

    /// Who of these users is in a group; of SQLite alone.
    pub fn members(&self, group: u128, numbers: &[usize]) -> Outcome<Vec<bool>> {
        let connection = self.connection()?;
        let mut statement = connection.prepare(
            "SELECT EXISTS (SELECT 1 FROM group_members \
             WHERE site_id = 1 AND group_id = ?1 AND user_id = ?2)",
        )?;
        let read = |number: &usize| {
            let parameters = (group.to_be_bytes(), self.ids.bytes(*number));
            Ok(statement.query_row(parameters, |row| row.get(0))?)
        };
        numbers.iter().map(read).collect()
    }

    /// How many lines the ledger has behind a revision.
    pub fn events_behind(&self, revision: u64) -> Outcome<u64> {
        let sql =
            format!("SELECT count(*) FROM events WHERE site_id = 1 AND revision > {revision}");
        self.number(&sql)
    }

    /// The position of the ledger.
    pub fn revision(&self) -> Outcome<u64> {
        self.number("SELECT revision FROM sites WHERE id = 1")
    }

    /// Reads the users' files once, so that the system has them in memory: what the lines before
    /// used may have taken that from them.
    pub fn warm(&self) -> Outcome {
        let files = match self.engine {
            Engine::Sqlite => vec![self.file.clone()],
            Engine::Postgres => self.cluster.files(&self.work(), "user")?,
        };
        files.iter().try_for_each(|file| warm(file))
    }

    fn number(&self, sql: &str) -> Outcome<u64> {
        match self.engine {
            Engine::Sqlite => {
                let number: i64 = self.connection()?.query_row(sql, [], |row| row.get(0))?;
                Ok(number.unsigned_abs())
            }
            Engine::Postgres => Ok(self.cluster.query(&self.work(), sql)?.parse()?),
        }
    }

    fn connection(&self) -> Outcome<Connection> {
        Ok(Connection::open_with_flags(&self.file, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    /// A further copy of the file, for the yardstick that writes.
    pub fn copy_for_writer(&self) -> Outcome<PathBuf> {
        let copy = self.file.with_file_name("yardstick.db");
        forget(&copy);
        fs::copy(self.file.with_file_name("made.db"), &copy)?;
        Ok(copy)
    }

    /// The name of a further copy of the database, for the yardstick that writes.
    pub fn database_for_pgbench(&self) -> Outcome<String> {
        let copy = format!("yardstick_{}", self.users);
        self.cluster.create(&copy, Some(&self.made()))?;
        let first = self.users * 10;
        let sql = format!("CREATE SEQUENCE bench_revision START WITH {first}");
        self.cluster.query(&copy, &sql)?;
        Ok(copy)
    }

    fn made(&self) -> String {
        format!("made_{}{}", self.users, self.origin.suffix)
    }

    fn work(&self) -> String {
        format!("work_{}{}", self.users, self.origin.suffix)
    }

    fn is_made(&self, original: &Path) -> Outcome<bool> {
        let kept = fs::read_to_string(original.join("shape")).unwrap_or_default();
        if kept != self.origin.shape {
            return Ok(false);
        }
        Ok(self.engine == Engine::Sqlite || self.cluster.has(&self.made())?)
    }

    /// A process of its own makes it, so that this one stays small.
    fn make(&self, original: &Path) -> Outcome {
        eprintln!("making {} users in {}", self.users, self.engine);
        fs::create_dir_all(original)?;
        let _ = fs::remove_file(original.join("shape"));
        let file = original.join("made.db");
        let url = match self.engine {
            Engine::Sqlite => {
                forget(&file);
                sqlite_url(&file)
            }
            Engine::Postgres => {
                self.cluster.create(&self.made(), None)?;
                self.cluster.url(&self.made())
            }
        };
        let mut command = bound("TERM", &self.origin.maker);
        command.args(["make", &url, &self.users.to_string()]).arg(original.join("ids"));
        if !command.status()?.success() {
            return Err("the users could not be made".into());
        }
        match self.engine {
            Engine::Sqlite => {
                let connection = Connection::open(&file)?;
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
            Engine::Postgres => {
                self.cluster.query(&self.made(), "VACUUM (ANALYZE); CHECKPOINT")?;
            }
        }
        fs::write(original.join("shape"), &self.origin.shape)?;
        Ok(())
    }

    fn copy(&self, original: &Path) -> Outcome {
        match self.engine {
            Engine::Sqlite => {
                forget(&self.file);
                fs::copy(original.join("made.db"), &self.file)?;
                Ok(())
            }
            Engine::Postgres => self.cluster.create(&self.work(), Some(&self.made())),
        }
    }
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// Waits until the copies of the databases are on disk, or their way there would be measured.
pub fn settle() -> Outcome {
    let status = Command::new("sync").status()?;
    if status.success() { Ok(()) } else { Err("sync failed".into()) }
}

/// Reads a file once, so that it is in memory.
pub fn warm(file: &Path) -> Outcome {
    io::copy(&mut File::open(file)?, &mut io::sink())?;
    Ok(())
}

fn forget(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
}

/// Changes with the people and with the tables, so that old data is made anew.
fn shape() -> String {
    let tables = include_str!("../../migrations/src/m20260101_000001_identity.rs");
    let mut hasher = DefaultHasher::new();
    (include_str!("person.rs"), tables).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
