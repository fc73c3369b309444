import type { JobView } from '@heddle/contracts';

/** Posts a job; waits for its end for so many seconds. The task may not be announced yet. */
export async function postJob(url: string, job: object, waitSeconds: number): Promise<JobView> {
  for (;;) {
    const response = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: `wait=${waitSeconds}` },
      body: JSON.stringify(job),
    });
    if (response.status !== 404) return (await response.json()) as JobView;
  }
}
