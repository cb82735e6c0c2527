//! The link in a guest's letter: the key to their pledge, and the one proof that the letter's address is theirs. Looking at
//! it changes nothing, since mail programs and their scanners look at every link; its button lets the browser in.

use domain::{Money, PersonId, PledgeId};
use sqlx::PgPool;

use super::GuestToken;
use super::session;
use crate::secret::{self, hash};
use crate::{Ctx, Result, rows};

/// How long a link opens its pledge after the campaign's end, or after the letter if that is later. Days; a bank lets its
/// customers dispute a payment for four months, and a reward may be asked about for longer.
const DAYS: i32 = 180;

/// Where a pledge's own page is in a letter. It belongs to an account.
const PAGE: &str = "/pledges/";

/// What a link is for.
#[derive(Clone, Debug)]
pub struct LinkedPledge {
    pub pledge: PledgeId,
    pub guest: PersonId,
    pub campaign_slug: String,
    pub campaign_title: String,
    pub amount: Money,
    /// An account has it: the link opens nothing any more.
    pub adopted: bool,
}

/// A browser that has been let in.
#[derive(Debug)]
pub struct Opened {
    pub token: GuestToken,
    pub pledge: PledgeId,
}

/// Leads a letter that leaves to the guest's own link wherever it led to their pledge's page. Made now, so that it is
/// never stored. The pledge of a letter that an account has adopted stays where it is.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn fill(
    db: &PgPool,
    reader: PersonId,
    (text, html): (String, String),
) -> Result<(String, String)> {
    let Some(pledge) = text.split_once(PAGE).and_then(|(_, rest)| rest.get(..36)?.parse().ok()) else {
        return Ok((text, html));
    };
    let Some(token) = mint(db, reader, pledge).await? else { return Ok((text, html)) };
    let lead = |body: &str| lead(body, &format!("{PAGE}{pledge}"), &format!("/guest/{token}"));
    Ok((lead(&text), lead(&html)))
}

/// Puts `link` in the place of `page` and of everything below it (`/fix`).
fn lead(body: &str, page: &str, link: &str) -> String {
    let mut parts = body.split(page);
    let mut led = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        led.push_str(link);
        led.push_str(
            part.trim_start_matches(|sign: char| sign == '/' || sign == '-' || sign.is_ascii_lowercase()),
        );
    }
    led
}

/// A new link for a guest's pledge; `None` when it is no guest's, or an account's by now.
async fn mint(db: &PgPool, reader: PersonId, pledge: PledgeId) -> Result<Option<String>> {
    let token = secret::new()?;
    let minted = sqlx::query!(
        "insert into guest_links (token_hash, guest_id, expires_at)
         select $1, people.id, greatest(ends_at, clock()) + make_interval(days => $4)
         from pledges
         join people on people.id = backer_id
         join campaigns on campaigns.id = campaign_id
         where pledges.id = $2 and backer_id = $3 and is_guest and adopted_by is null",
        &hash(&token),
        pledge as PledgeId,
        reader as PersonId,
        DAYS,
    )
    .execute(db)
    .await?;
    Ok((minted.rows_affected() == 1).then_some(token))
}

/// What a link is for; `None` if it is unknown or too old.
///
/// # Errors
/// When the database does not answer.
pub async fn look(db: impl sqlx::PgExecutor<'_>, link: &str) -> Result<Option<LinkedPledge>> {
    let row = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", guest_id as "guest: PersonId", slug, title, amount,
                  pledges.currency, adopted_by is not null as "adopted!"
           from guest_links
           join pledges on backer_id = guest_id
           join campaigns on campaigns.id = campaign_id
           where token_hash = $1 and expires_at > clock()
           order by adopted_by is not null, pledges.created_at desc limit 1"#,
        &hash(link),
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(LinkedPledge {
            pledge: row.pledge,
            guest: row.guest,
            campaign_slug: row.slug,
            campaign_title: row.title,
            amount: rows::money(row.amount, &row.currency)?,
            adopted: row.adopted,
        })
    })
    .transpose()
}

/// Lets the browser that follows a link act for its guest. `None` if the link opens nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn open(ctx: &Ctx, link: &str, browser: Option<&str>) -> Result<Option<Opened>> {
    let mut tx = ctx.db.begin().await?;
    let Some(found) = look(&mut *tx, link).await?.filter(|found| !found.adopted) else { return Ok(None) };
    let token = GuestToken::random()?;
    if let Some(old) = browser {
        session::renew(&mut tx, old, &token).await?;
    }
    session::allow(&mut tx, &token, found.guest).await?;
    tx.commit().await?;
    Ok(Some(Opened { token, pledge: found.pledge }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_the_pledge_becomes_the_link() {
        let led = lead(
            "Fix it:\nhttps://site.example/pledges/1/fix\n\nOr <a href=\"https://site.example/pledges/1\">see</a> it.",
            "/pledges/1",
            "/guest/key",
        );
        assert_eq!(
            led,
            "Fix it:\nhttps://site.example/guest/key\n\nOr <a href=\"https://site.example/guest/key\">see</a> it."
        );
    }
}
