//! Tokens: found by hash only, revoked for good, last use never lost.

use super::fixture::{Fixture, on_both_databases};
use provost_core::store::{NewToken, StoreError, Token, TokenHash};
use provost_domain::{Site, Timestamp, TokenId};
use uuid::Uuid;

on_both_databases!(
    a_token_is_found_by_its_hash,
    a_value_is_a_token_once,
    a_token_is_revoked_once_and_in_its_site,
    last_uses_move_forward_only,
);

async fn create(
    fixture: &Fixture,
    site: &Site,
    number: u128,
    hash: TokenHash,
) -> Result<Token, StoreError> {
    let connection = fixture.store.connection_named(site.id, "scim").await.unwrap().unwrap();
    let mut transaction = fixture.store.begin().await.unwrap();
    let new = NewToken {
        id: TokenId(Uuid::from_u128(number)),
        connection: &connection,
        name: "Okta production",
        hash,
        at: Timestamp(5),
        expires_at: number.is_multiple_of(2).then_some(Timestamp(50)),
    };
    let token = transaction.create_token(&new).await?;
    transaction.commit().await?;
    Ok(token)
}

async fn a_token_is_found_by_its_hash(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    let token = create(fixture, &site, 2, [7; 32]).await.unwrap();
    let foreign = create(fixture, &other, 1, [8; 32]).await.unwrap();
    let expected = Token {
        id: TokenId(Uuid::from_u128(2)),
        site: site.id,
        connection: "scim".to_owned(),
        name: "Okta production".to_owned(),
        created_at: Timestamp(5),
        expires_at: Some(Timestamp(50)),
        last_used_at: None,
        revoked_at: None,
    };
    assert_eq!(token, expected);
    assert_eq!(
        fixture.store.token_by_hash(&[7; 32]).await.unwrap(),
        Some((token.clone(), site.clone()))
    );
    assert_eq!(fixture.store.token_by_hash(&[8; 32]).await.unwrap(), Some((foreign, other)));
    assert_eq!(fixture.store.token_by_hash(&[9; 32]).await.unwrap(), None);
    assert_eq!(fixture.store.tokens(site.id).await.unwrap(), [token]);
}

async fn a_value_is_a_token_once(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    create(fixture, &site, 1, [7; 32]).await.unwrap();
    let refused = create(fixture, &other, 2, [7; 32]).await.unwrap_err();
    assert!(matches!(refused, StoreError::TokenExists), "{refused}");
}

async fn a_token_is_revoked_once_and_in_its_site(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    let token = create(fixture, &site, 1, [7; 32]).await.unwrap();
    let mut transaction = fixture.store.begin().await.unwrap();
    assert_eq!(transaction.revoke_token(other.id, token.id, Timestamp(6)).await.unwrap(), None);
    let revoked = Token { revoked_at: Some(Timestamp(6)), ..token.clone() };
    let answer = transaction.revoke_token(site.id, token.id, Timestamp(6)).await.unwrap();
    assert_eq!(answer, Some((revoked.clone(), true)));
    let again = transaction.revoke_token(site.id, token.id, Timestamp(7)).await.unwrap();
    assert_eq!(again, Some((revoked.clone(), false)), "the first time counts");
    transaction.commit().await.unwrap();
    assert_eq!(fixture.store.token_by_hash(&[7; 32]).await.unwrap(), Some((revoked, site)));
}

async fn last_uses_move_forward_only(fixture: &Fixture) {
    let site = fixture.site("acme").await;
    let one = create(fixture, &site, 1, [1; 32]).await.unwrap().id;
    let two = create(fixture, &site, 3, [3; 32]).await.unwrap().id;
    let unknown = TokenId(Uuid::from_u128(99));
    let last_uses = || async {
        let tokens = fixture.store.tokens(site.id).await.unwrap();
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
