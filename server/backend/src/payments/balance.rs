//! The gateway's account with us: what came, what went, and what it kept, in its balance transactions.

use chrono::{DateTime, Utc};
use domain::PledgeId;
use rust_decimal::Decimal;
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_shared::{BalanceTransaction, BalanceTransactionSource, Charge};
use stripe_types::{Expandable, RangeBoundsTs, RangeQueryTs};

use super::minor_units::major;
use super::{LONGEST_LIST, Payments};
use crate::{Error, Result};

/// A balance transaction, in amounts as people write them. They are the gateway's: a fee may be finer than its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayLine {
    pub id: String,
    /// charge, refund, adjustment, transfer, payout …
    pub kind: String,
    /// The object behind it.
    pub source: Option<String>,
    /// The payment that this belongs to.
    pub payment: Option<String>,
    /// Whose payment it is, by the metadata of ours that it carries.
    pub pledge: Option<PledgeId>,
    /// Negative when it went.
    pub amount: Decimal,
    pub fee: Decimal,
    /// ISO code, upper case.
    pub currency: String,
    pub created_at: DateTime<Utc>,
}

/// Some of a list, and where it goes on.
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// From the first instant to before the second.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Span {
    pub(super) fn created(self) -> RangeQueryTs {
        RangeQueryTs::Bounds(RangeBoundsTs {
            gte: Some(self.from.timestamp()),
            lt: Some(self.until.timestamp()),
            ..RangeBoundsTs::default()
        })
    }
}

impl Payments {
    /// The line of a payment that was taken; `None` while the gateway has not written it.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn line_of_payment(&self, payment: &str) -> Result<Option<GatewayLine>> {
        let request = RetrievePaymentIntent::new(payment.to_owned())
            .expand(vec!["latest_charge.balance_transaction".to_owned()]);
        let intent = self.read(request).await?;
        let charge = intent.latest_charge.as_ref().and_then(Expandable::as_object);
        let line = charge.and_then(|charge| {
            let line = charge.balance_transaction.as_ref()?.as_object()?;
            Some(line_of(line, Some(of_charge(charge))))
        });
        line.transpose()
    }

    /// The platform's lines of a span of time, newest first, a page at a time.
    ///
    /// # Errors
    /// When the gateway cannot be asked.
    pub async fn lines(&self, span: Span, after: Option<&str>) -> Result<Page<GatewayLine>> {
        let mut request = ListBalanceTransaction::new()
            .created(span.created())
            .expand(vec!["data.source".to_owned()])
            .limit(LONGEST_LIST);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let page = self.read(request).await?;
        let next = page.data.last().map(|line| line.id.to_string()).filter(|_| page.has_more);
        let items = page.data.iter().map(|line| line_of(line, source_of(line))).collect::<Result<_>>()?;
        Ok(Page { items, next })
    }
}

/// What is behind a line.
struct Behind {
    id: String,
    payment: Option<String>,
    pledge: Option<PledgeId>,
}

fn source_of(line: &BalanceTransaction) -> Option<Behind> {
    let source = line.source.as_ref()?;
    let payment = |intent: &Option<Expandable<stripe_shared::PaymentIntent>>| {
        intent.as_ref().map(|intent| intent.id().to_string())
    };
    let payment = match source.as_object() {
        Some(BalanceTransactionSource::Charge(charge)) => return Some(of_charge(charge)),
        Some(BalanceTransactionSource::Refund(refund)) => payment(&refund.payment_intent),
        Some(BalanceTransactionSource::Dispute(dispute)) => payment(&dispute.payment_intent),
        _ => None,
    };
    Some(Behind { id: source.id().to_string(), payment, pledge: None })
}

fn of_charge(charge: &Charge) -> Behind {
    Behind {
        id: charge.id.to_string(),
        payment: charge.payment_intent.as_ref().map(|intent| intent.id().to_string()),
        pledge: charge.metadata.get("pledge_id").and_then(|id| id.parse().ok()),
    }
}

fn line_of(line: &BalanceTransaction, behind: Option<Behind>) -> Result<GatewayLine> {
    let currency = line.currency.to_string().to_uppercase();
    let (source, payment, pledge) =
        behind.map_or((None, None, None), |behind| (Some(behind.id), behind.payment, behind.pledge));
    Ok(GatewayLine {
        id: line.id.to_string(),
        kind: line.type_.as_str().to_owned(),
        source,
        payment,
        pledge,
        amount: major(line.amount, &currency),
        fee: major(line.fee, &currency),
        currency,
        created_at: DateTime::from_timestamp(line.created, 0)
            .ok_or_else(|| Error::broken(format!("{}: a time that is none", line.id.as_str())))?,
    })
}
