// Saved cards. Stripe's page adds a card and returns here; this page never receives a card number.
import { ask } from "./api.js";

const DRAFT = "draft";

export const cards = async () => (await ask("GET", "/payment-methods")).items;

/** The saved input of a form, kept while the user is on Stripe's page or signs in. */
export const draft = (name) => JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}")[name] ?? {};

export function keepDraft(name, typed) {
	const all = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
	sessionStorage.setItem(DRAFT, JSON.stringify({ ...all, [name]: typed }));
}

/** Go to Stripe's page that saves a card. */
export async function addCard(form, known) {
	keepDraft("cards", { form, known: known.map(({ id }) => id) });
	const { url } = await ask("POST", "/payment-methods", { body: {} });
	location.assign(url);
}

/** Whether this form sent the user to Stripe's page. */
export const hasLeft = (form) => draft("cards").form === form;

/** The card that was just added from this form; null if none was. */
export function added(form, found) {
	return hasLeft(form) ? found.find(({ id }) => !draft("cards").known.includes(id)) ?? null : null;
}

export const addedIsSeen = () => keepDraft("cards", {});

export const removeCard = (id) => ask("DELETE", `/payment-methods/${encodeURIComponent(id)}`);
