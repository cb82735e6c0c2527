// Trouble at the gateway, switched on by a test.
import { expect, type APIRequestContext } from '@playwright/test';
import type { Campaign } from './campaigns.ts';
import { sandboxURL } from './site.ts';

/** How often the server asks the gateway before it gives up (backend::payments::attempts). */
const TRIES = 4;

/** The gateway does not answer when the next card page for this campaign is asked for, and is back after that. */
export async function gatewayIsDownOnce(request: APIRequestContext, campaign: Campaign): Promise<void> {
  const match = {
    method: 'POST',
    path_prefix: '/v1/checkout/sessions',
    body_contains: `metadata[campaign_id]=${campaign.id}`,
    count: TRIES,
  };
  const armed = await request.post(`${sandboxURL}/_sandbox/faults`, { data: { match, mode: 'drop_before' } });
  expect(armed.ok()).toBe(true);
}
