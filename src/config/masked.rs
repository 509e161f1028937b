//! Secrets inside values, made unreadable.

/// The value with the password of a URL replaced, as user information or as parameter.
pub fn masked(value: &str) -> String {
    let value = mask_user_information(value);
    mask_parameter(&value)
}

fn mask_user_information(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    // Up to the last `@` before the path, because a careless password may hold one as well.
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest[..authority_end].rfind('@').or_else(|| rest.rfind('@'));
    let Some((user, host)) = at.map(|at| (&rest[..at], &rest[at + 1..])) else {
        return value.to_owned();
    };
    match user.split_once(':') {
        Some((name, _)) => format!("{scheme}://{name}:***@{host}"),
        None => value.to_owned(),
    }
}

fn mask_parameter(value: &str) -> String {
    let Some((address, query)) = value.split_once('?') else {
        return value.to_owned();
    };
    let mask = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(mask).collect();
    format!("{address}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn passwords_are_replaced_and_nothing_else() {
        let table = [
            ("", ""),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("sqlite://data/provost.db", "sqlite://data/provost.db"),
            ("postgres://ada@db/provost", "postgres://ada@db/provost"),
            ("postgres://ada:s3cret@db/provost", "postgres://ada:***@db/provost"),
            ("postgres://ada:s3@cret@db:5432/p", "postgres://ada:***@db:5432/p"),
            ("postgres://ada:s/3cret@db/p", "postgres://ada:***@db/p"),
            ("postgres://db/p?user=a&password=s3cret", "postgres://db/p?user=a&password=***"),
        ];
        for (value, expected) in table {
            assert_eq!(masked(value), expected);
        }
    }
}
