//! A private PostgreSQL under `target/bench`, kept between runs, started for each.

use crate::children::{Server, bound};
use crate::outcome::Outcome;
use std::fs;
use std::io::Write as _;
use std::iter;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Durable, and with room for a million users, as somebody who runs it would set it up.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 1GB
max_wal_size = 4GB
fsync = on
synchronous_commit = on
full_page_writes = on
autovacuum = on
";

/// A running cluster. Dropped, it stops.
pub struct Cluster {
    server: Server,
    port: u16,
    programs: PathBuf,
}

impl Cluster {
    /// Starts the cluster of this folder; makes it where there is none. Another version of
    /// PostgreSQL can't read what one has written, so each has a folder of its own.
    pub fn start(folder: &Path) -> Outcome<Self> {
        let (version, programs) = programs()?;
        let folder = &folder.join(version.to_string());
        let data = folder.join("data");
        if !data.join("PG_VERSION").exists() {
            make(&programs, folder, &data)?;
        }
        fs::write(data.join("postgresql.auto.conf"), SETTINGS)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = as_owner("INT", &programs.join("postgres"))?;
        command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        let ready = |words: &str| words.contains("database system is ready to accept connections");
        let (server, _) = Server::start(command, "INT", &folder.join("postgres.log"), ready)?;
        Ok(Self { server, port, programs })
    }

    /// The process whose children are all the others.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// How Provost is told of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A client program of the same version.
    pub fn client(&self, program: &str, database: &str) -> Command {
        let mut command = bound("TERM", self.programs.join(program));
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "postgres")
            .env("PGDATABASE", database);
        command
    }

    /// What a statement answers, a row a line, columns parted by `|`.
    pub fn query(&self, database: &str, sql: &str) -> Outcome<String> {
        let mut command = self.client("psql", database);
        command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut psql = command.spawn()?;
        if let Some(mut input) = psql.stdin.take() {
            input.write_all(sql.as_bytes())?;
        }
        let output = psql.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The files of the tables and indexes whose names begin so.
    pub fn files(&self, database: &str, names: &str) -> Outcome<Vec<PathBuf>> {
        let sql = format!(
            "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(oid) \
             FROM pg_class WHERE relname LIKE '{names}%' AND relkind IN ('r', 'i')"
        );
        // Each is one file for every GiB: `16402`, `16402.1`, ….
        let parts = |first: &str| {
            let further = (1..).map(|part| PathBuf::from(format!("{first}.{part}")));
            let further = further.take_while(|file| file.exists());
            iter::once(PathBuf::from(first)).chain(further).collect::<Vec<_>>()
        };
        Ok(self.query(database, &sql)?.lines().flat_map(parts).collect())
    }

    /// Whether there is such a database.
    pub fn has(&self, database: &str) -> Outcome<bool> {
        let sql = format!("SELECT count(*) FROM pg_database WHERE datname = '{database}'");
        Ok(self.query("postgres", &sql)? == "1")
    }

    /// Makes a database anew, empty or as a copy of another.
    pub fn create(&self, database: &str, like: Option<&str>) -> Outcome {
        self.query("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"))?;
        let like =
            like.map(|like| format!("TEMPLATE {like} STRATEGY file_copy")).unwrap_or_default();
        self.query("postgres", &format!("CREATE DATABASE {database} {like}"))?;
        Ok(())
    }
}

/// Debian keeps a folder for each version; the newest wins.
fn programs() -> Outcome<(u32, PathBuf)> {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = folders.filter_map(|folder| {
        let version = folder.file_name().to_str()?.parse().ok()?;
        Some((version, folder.path().join("bin")))
    });
    Ok(programs.max().ok_or("PostgreSQL is missing: benches/run installs it")?)
}

fn make(programs: &Path, folder: &Path, data: &Path) -> Outcome {
    fs::create_dir_all(data)?;
    if let Some((user, group)) = owner()? {
        chown(data, Some(user), Some(group))?;
    }
    let mut command = as_owner("TERM", &programs.join("initdb"))?;
    command.arg("-D").arg(data).args(["-U", "postgres", "--auth=trust", "-E", "UTF8"]);
    command.args(["--locale=C.UTF-8", "--no-sync"]);
    let output = command.output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("initdb in {}: {words}", folder.display()).into());
    }
    Ok(())
}

/// PostgreSQL refuses to run as root, so root lends it its own account.
fn as_owner(signal: &str, program: &Path) -> Outcome<Command> {
    let Some((user, group)) = owner()? else { return Ok(bound(signal, program)) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
    // Last, because a change of user forgets it.
    command.args(["setpriv", "--pdeathsig", signal, "--"]).arg(program);
    Ok(command)
}

fn owner() -> Outcome<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let line = accounts.lines().find(|line| line.starts_with("postgres:"));
    let fields: Vec<&str> = line.ok_or("there is no account `postgres`")?.split(':').collect();
    let [_, _, user, group, ..] = fields.as_slice() else {
        return Err("the account `postgres` can't be read".into());
    };
    Ok(Some((user.parse()?, group.parse()?)))
}
