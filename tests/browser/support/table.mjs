// Todos straight into their table, for more of them than anybody has the time to add one by one. They are what the
// API itself would have written: it reads, orders, pages and changes them like its own.
import { AwsClient } from "aws4fetch";
import { outputs } from "./environment.mjs";

/** What `BatchWriteItem` takes at a time, and how many such calls are under way at once. */
const BATCH = 25;
const AT_ONCE = 8;

const { endpoint, region } = outputs.aws;
const dynamodb = new AwsClient({ accessKeyId: "test", secretAccessKey: "test", region, service: "dynamodb" });

/** The newest first, as the list has them; each is `{ title, description, dateDue }`. */
export async function writeTodos(userID, todos) {
  const items = todos.map((todo, index) => itemOf(userID, todo, todos.length - index));
  const batches = [];
  while (items.length > 0) batches.push(items.splice(0, BATCH));
  const work = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await write(batch);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function write(batch) {
  let requests = { [outputs.todos.TableName]: batch.map((Item) => ({ PutRequest: { Item } })) };
  while (Object.keys(requests).length > 0) {
    const answer = await dynamodb.fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.BatchWriteItem",
      },
      body: JSON.stringify({ RequestItems: requests }),
    });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`BatchWriteItem answered ${answer.status}: ${body}`);
    requests = JSON.parse(body).UnprocessedItems ?? {};
  }
}

function itemOf(userID, { title, description, dateDue }, age) {
  const todoID = `01980000-0000-7000-8000-${String(age).padStart(12, "0")}`;
  const inverted = BigInt.asUintN(128, ~BigInt(`0x${todoID.replaceAll("-", "")}`));
  const texts = {
    userID,
    todoID,
    title,
    description,
    dateDue,
    notes: "",
    dateCreated: "2026-01-01T00:00:00.000Z",
    listOrder: `0#${dateDue || "~"}#${inverted.toString(16).padStart(32, "0")}`,
  };
  const attributes = Object.entries(texts).map(([name, S]) => [name, { S }]);
  return { ...Object.fromEntries(attributes), completed: { BOOL: false } };
}
