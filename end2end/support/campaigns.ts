// Campaigns made in the database, each test its own: what is under test is pledging to them.
import { randomUUID } from 'node:crypto';
import { query } from './db.ts';
import { account } from './people.ts';

type Terms = {
  title: string;
  pitch: string;
  story: string;
  model: 'aon' | 'kia' | 'hybrid';
  state: 'scheduled' | 'live' | 'settling' | 'funded' | 'partially_funded' | 'failed' | 'cancelled';
  goal: string;
  currency: string;
  /** From now, as PostgreSQL writes intervals. */
  startsIn: string;
  endsIn: string;
  suspended: boolean;
  cover: string | null;
  /** The creator's id; somebody new if not given. */
  creator: string;
};

/** Far from its end, so that cards are saved and pledges can be cancelled. */
const usual = {
  title: 'The Reading Boat',
  pitch: 'Books for every village on the river',
  story: '<p>A boat with two thousand books.</p>',
  model: 'aon',
  state: 'live',
  goal: '100.00',
  currency: 'EUR',
  startsIn: '-1 day',
  endsIn: '30 days',
  suspended: false,
  cover: null,
} satisfies Omit<Terms, 'creator'>;

/** A live all-or-nothing campaign for €100 that ends in 30 days, unless told otherwise. */
export async function campaign(wishes: Partial<Terms> = {}): Promise<Campaign> {
  const terms = { ...usual, ...wishes };
  const id = randomUUID();
  const creator = terms.creator ?? (await account('Marta Rebelo')).id;
  await query(
    `with campaign as (
         insert into campaigns (id, creator_id, slug, title, pitch, category, location, model, state, goal, currency,
                                starts_at, ends_at, suspended_at, story_html, cover, cover_alt)
         values ($1, $2, $3, $4, $5, 'books', 'Mértola', $6, $7, $8, $9, clock() + $10::interval,
                 clock() + $11::interval, case when $12 then clock() end, $13, $14, 'A boat full of books')
     )
     insert into campaign_stats (campaign_id) values ($1)`,
    [
      id,
      creator,
      `boat-${id}`,
      terms.title,
      terms.pitch,
      terms.model,
      terms.state,
      terms.goal,
      terms.currency,
      terms.startsIn,
      terms.endsIn,
      terms.suspended,
      terms.story,
      terms.cover,
    ],
  );
  return new Campaign(id, terms.title, terms.currency);
}

export type Reward = { id: string; title: string };

export class Campaign {
  constructor(
    readonly id: string,
    readonly title: string,
    private readonly currency: string,
  ) {}

  get path(): string {
    return `/campaigns/boat-${this.id}`;
  }

  get pledgePath(): string {
    return `${this.path}/pledge`;
  }

  /** A reward; unlimited unless it has slots. Where it is sent, by country; '' is everywhere else. */
  async reward({
    title = 'A name on the bow',
    minimum = '25.00',
    slots = null as number | null,
    shipping = {} as Record<string, string>,
  } = {}): Promise<Reward> {
    const id = randomUUID();
    await query(
      `insert into rewards (id, campaign_id, title, description, minimum, currency, slots, position)
       values ($1, $2, $3, 'Painted by hand.', $4, $5, $6, (select count(*) from rewards where campaign_id = $2))`,
      [id, this.id, title, minimum, this.currency, slots],
    );
    await query(
      `insert into reward_shipping (reward_id, country, price, currency)
       select $1, nullif(country, ''), price, $2 from unnest($3::text[], $4::numeric[]) as given (country, price)`,
      [id, this.currency, Object.keys(shipping), Object.values(shipping)],
    );
    return { id, title };
  }

  /** Stretch goals by their names, each with the total that unlocks it. */
  async stretchGoals(goals: Record<string, string>): Promise<void> {
    await query(
      `insert into stretch_goals (campaign_id, position, goal, currency, amount, title, description)
       select campaigns.id, position, goal, currency, amount, given.title, 'Painted by hand.'
       from campaigns, unnest($2::text[], $3::numeric[]) with ordinality as given (title, amount, position)
       where campaigns.id = $1`,
      [this.id, Object.keys(goals), Object.values(goals)],
    );
  }

  /** Rewards that are called and described so. */
  async rewards(words: string[]): Promise<void> {
    await query(
      `insert into rewards (id, campaign_id, title, description, minimum, currency, position)
       select gen_random_uuid(), $1, words, words, 25, $2, position
       from unnest($3::text[]) with ordinality as given (words, position)`,
      [this.id, this.currency, words],
    );
  }

  /** Its end, in milliseconds since 1970. */
  async endsAt(): Promise<number> {
    const [row] = await query<{ ends_at: Date }>('select ends_at from campaigns where id = $1', [this.id]);
    if (!row) throw new Error('no such campaign');
    return row.ends_at.getTime();
  }

  /** Time passes, for this campaign only. */
  async endsIn(interval: string): Promise<void> {
    await query('update campaigns set ends_at = clock() + $2::interval where id = $1', [this.id, interval]);
  }

  async endedAnHourAgo(): Promise<void> {
    await this.endsIn('-1 hour');
  }

  async opensTomorrow(): Promise<void> {
    await query(`update campaigns set starts_at = clock() + interval '1 day' where id = $1`, [this.id]);
  }

  async isCancelled(): Promise<void> {
    await query(`update campaigns set state = 'cancelled' where id = $1`, [this.id]);
  }

  async isSuspended(): Promise<void> {
    await query('update campaigns set suspended_at = clock() where id = $1', [this.id]);
  }

  /** Backers may take their money back by themselves for so many days. */
  async promiseRefunds(days: number): Promise<void> {
    await query('update campaigns set refund_days = $2 where id = $1', [this.id, days]);
  }

  async state(): Promise<string | undefined> {
    const [row] = await query<{ state: string }>('select state from campaigns where id = $1', [this.id]);
    return row?.state;
  }

  /** The states of all its pledges, oldest first. */
  async pledges(): Promise<string[]> {
    const rows = await query<{ state: string }>(
      'select state from pledges where campaign_id = $1 order by created_at, id',
      [this.id],
    );
    return rows.map(({ state }) => state);
  }

  /** The id of its one pledge. */
  async onlyPledge(): Promise<string> {
    const rows = await query<{ id: string }>('select id from pledges where campaign_id = $1', [this.id]);
    if (!rows[0] || rows[1]) throw new Error(`${rows.length} pledges`);
    return rows[0].id;
  }

  /** What the gateway said of the last card that was declined for it. */
  async declineCode(): Promise<string | undefined> {
    const [pledge] = await query<{ decline_code: string | null }>(
      'select decline_code from pledges where campaign_id = $1',
      [this.id],
    );
    return pledge?.decline_code ?? undefined;
  }
}
