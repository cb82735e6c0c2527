// The site's database is away for a while. Everything on the site is: such a test runs alone (tag @alone).
import pg from 'pg';
import { databaseUrl, ours } from './db.ts';
import { baseURL } from './site.ts';
import { expect } from './fixtures.ts';

export async function whileTheDatabaseIsAway(story: () => Promise<void>): Promise<void> {
  const url = new URL(databaseUrl());
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const administrator = new pg.Client({ connectionString: url.toString() });
  await administrator.connect();
  try {
    await administrator.query(`alter database ${pg.escapeIdentifier(name)} allow_connections false`);
    await administrator.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name <> $2',
      [name, ours],
    );
    await story();
  } finally {
    await administrator.query(`alter database ${pg.escapeIdentifier(name)} allow_connections true`);
    await administrator.end();
  }
  await expect.poll(async () => (await fetch(`${baseURL}/health/ready`)).status).toBe(200);
}
