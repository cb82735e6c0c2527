// The database of the site under test, for what no page shows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { dataDir } from './site.ts';

/** How our own connections are called, among the site's. */
export const ours = 'browser tests';

let pool: pg.Pool | undefined;

export async function query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
  // Late: the server writes the address when it has started. Idle connections keep no worker alive.
  pool ??= new pg.Pool({ connectionString: databaseUrl(), application_name: ours, max: 2, allowExitOnIdle: true });
  return (await pool.query<Row>(sql, values)).rows;
}

export function databaseUrl(): string {
  return readFileSync(join(dataDir, 'database_url'), 'utf8').trim();
}
