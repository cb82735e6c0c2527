//! What moves between the gateway and the platform alone: payouts to the platform's bank, and fees that belong to no
//! payment. Nothing else books them, since nothing of ours causes them.

use chrono::{DateTime, Days, Utc};
use rust_decimal::Decimal;

use crate::ledger::{self, Account, Line};
use crate::{Ctx, Result, rows};

/// Books those of a day, each once.
pub(super) async fn book_own_movements(ctx: &Ctx, midnight: DateTime<Utc>) -> Result<()> {
    let movements = sqlx::query!(
        "select id, type as kind, amount, fee, currency from gateway_lines
         where created_at >= $1 and created_at < $2
               and type in ('payout', 'payout_cancel', 'payout_failure', 'topup', 'topup_reversal',
                            'stripe_fee', 'stripe_fx_fee', 'tax_fee')",
        midnight,
        midnight + Days::new(1),
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut lines = Vec::new();
    for row in movements {
        let net = row.amount - row.fee;
        let amount = rows::money(net.abs(), &row.currency)?;
        let bank = row.kind.starts_with("payout") || row.kind.starts_with("topup");
        let (kind, other) = if bank {
            ("platform_payout", Account::PlatformBank)
        } else {
            ("gateway_account_fee", Account::GatewayFees)
        };
        let (debit, credit) = if net < Decimal::ZERO {
            (other, Account::GatewayBalance)
        } else {
            (Account::GatewayBalance, other)
        };
        if !amount.is_zero() {
            let (campaign, pledge) = (None, None);
            lines.push(Line { kind, campaign, pledge, reference: row.id, debit, credit, amount });
        }
    }
    let mut tx = ctx.db.begin().await?;
    ledger::post(&mut tx, &lines).await?;
    tx.commit().await?;
    Ok(())
}
