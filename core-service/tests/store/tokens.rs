//! Tokens: found by hash only, revoked for good, last use never lost.

use super::fixture::{Fixture, on_both_databases};
use super::people::{save, try_to_save};
use provost_core::StoreError;
use provost_domain::{
    Changes, ConnectionName, ConnectionSettings, Needs, NewToken, Site, SiteId, Timestamp, Token,
    TokenHash, TokenId,
};
use uuid::Uuid;

on_both_databases!(
    a_token_is_found_by_its_hash,
    a_value_is_a_token_once,
    a_token_is_revoked_in_its_site,
    last_uses_move_forward_only,
    values_of_expired_tokens_are_erased,
);

async fn create(
    fixture: &Fixture,
    site: &Site,
    number: u128,
    hash: TokenHash,
) -> Result<Token, StoreError> {
    let connection = fixture.store.connections(site.id, None, 10).await.unwrap().remove(0);
    let token = Token {
        id: TokenId(Uuid::from_u128(number)),
        site: site.id,
        connection: connection.name,
        name: "Okta production".to_owned(),
        created_at: Timestamp(5),
        expires_at: number.is_multiple_of(2).then_some(Timestamp(50)),
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    };
    let new = NewToken { token: token.clone(), connection: connection.id, hash, sealed: None };
    let changes = Changes { new_tokens: vec![new], ..Changes::default() };
    try_to_save(&fixture.store, &changes).await?;
    Ok(token)
}

/// The token of an id in a site, and which of some hashes are in use, as a group finds them.
async fn loaded(
    fixture: &Fixture,
    site: SiteId,
    id: TokenId,
    hashes: &[TokenHash],
) -> (Vec<Token>, Vec<TokenHash>) {
    let mut writer = fixture.store.group_writer();
    let (mut group, _) = writer.begin(&[site].into(), &[].into(), &[].into()).await.unwrap();
    let token_hashes = hashes.iter().copied().collect();
    let needs = Needs { tokens: [(site, id)].into(), token_hashes, ..Needs::default() };
    let loaded = group.load(&needs).await.unwrap();
    (loaded.tokens, loaded.token_hashes)
}

async fn a_token_is_found_by_its_hash(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    let token = create(fixture, &site, 2, [7; 32]).await.unwrap();
    let foreign = create(fixture, &other, 1, [8; 32]).await.unwrap();
    let expected = Token {
        id: TokenId(Uuid::from_u128(2)),
        site: site.id,
        connection: ConnectionName::first(),
        name: "Okta production".to_owned(),
        created_at: Timestamp(5),
        expires_at: Some(Timestamp(50)),
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    };
    assert_eq!(token, expected);
    assert_eq!(
        fixture.store.token_by_hash(&[7; 32]).await.unwrap(),
        Some((token.clone(), ConnectionSettings::USUAL, site.clone()))
    );
    let usual = ConnectionSettings::USUAL;
    assert_eq!(fixture.store.token_by_hash(&[8; 32]).await.unwrap(), Some((foreign, usual, other)));
    assert_eq!(fixture.store.token_by_hash(&[9; 32]).await.unwrap(), None);
    assert_eq!(fixture.store.tokens(site.id, None, false, None, 10).await.unwrap(), [token]);
}

async fn a_value_is_a_token_once(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    create(fixture, &site, 1, [7; 32]).await.unwrap();
    let refused = create(fixture, &other, 2, [7; 32]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    let (_, in_use) = loaded(fixture, site.id, TokenId(Uuid::nil()), &[[7; 32], [8; 32]]).await;
    assert_eq!(in_use, [[7; 32]]);
}

async fn a_token_is_revoked_in_its_site(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    let token = create(fixture, &site, 1, [7; 32]).await.unwrap();
    assert_eq!(loaded(fixture, other.id, token.id, &[]).await, (vec![], vec![]));
    assert_eq!(loaded(fixture, site.id, token.id, &[]).await, (vec![token.clone()], vec![]));
    let revoked = Token { revoked_at: Some(Timestamp(6)), ..token };
    let changed_tokens = vec![revoked.clone()];
    save(&fixture.store, Changes { changed_tokens, ..Changes::default() }).await;
    let (found, _) = loaded(fixture, site.id, revoked.id, &[]).await;
    assert_eq!(found, std::slice::from_ref(&revoked));
    let found = fixture.store.token_by_hash(&[7; 32]).await.unwrap();
    assert_eq!(found, Some((revoked, ConnectionSettings::USUAL, site)));
}

async fn last_uses_move_forward_only(fixture: &Fixture) {
    let site = fixture.site("acme").await;
    let one = create(fixture, &site, 1, [1; 32]).await.unwrap().id;
    let two = create(fixture, &site, 3, [3; 32]).await.unwrap().id;
    let unknown = TokenId(Uuid::from_u128(99));
    let last_uses = || async {
        let tokens = fixture.store.tokens(site.id, None, false, None, 10).await.unwrap();
        tokens.iter().map(|token| token.last_used_at.map(|at| at.0)).collect::<Vec<_>>()
    };
    fixture.store.touch(&[]).await.unwrap();
    assert_eq!(last_uses().await, [None, None]);
    let at = Timestamp;
    fixture
        .store
        .touch(&[(one, at(10)), (one, at(30)), (one, at(20)), (unknown, at(9))])
        .await
        .unwrap();
    assert_eq!(last_uses().await, [Some(30), None]);
    fixture.store.touch(&[(one, at(29)), (two, at(1))]).await.unwrap();
    assert_eq!(last_uses().await, [Some(30), Some(1)]);
}

async fn values_of_expired_tokens_are_erased(fixture: &Fixture) {
    let site = fixture.site("acme").await;
    // Only the second one ends some time.
    for (number, hash) in [(1, [7; 32]), (2, [8; 32])] {
        create(fixture, &site, number, hash).await.unwrap();
    }
    fixture.rows("UPDATE tokens SET sealed_value = hash RETURNING name").await;
    for (now, left) in [(49, 2), (50, 1)] {
        fixture.store.erase_expired_values(Timestamp(now)).await.unwrap();
        let kept = "SELECT name FROM tokens WHERE sealed_value IS NOT NULL";
        assert_eq!(fixture.rows(kept).await.len(), left, "{now}");
    }
}
