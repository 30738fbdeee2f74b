// The saved cards, how one is added on Stripe's own page and one is back where one was. Card numbers never come here.
import { ask } from "./api.js";

const DRAFT = "draft";

export const cards = async () => (await ask("GET", "/payment-methods")).items;

/** What was typed and chosen, kept over the way to Stripe's page, or a sign-in, and back. */
export const draft = (name) => JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}")[name] ?? {};

export function keepDraft(name, typed) {
	const all = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
	sessionStorage.setItem(DRAFT, JSON.stringify({ ...all, [name]: typed }));
}

/** Leave for the page that saves a card. */
export async function addCard(form, known) {
	keepDraft("cards", { form, known: known.map(({ id }) => id) });
	const { url } = await ask("POST", "/payment-methods", { body: {} });
	location.assign(url);
}

/** Whether this form is the one that left for Stripe's page. */
export const hasLeft = (form) => draft("cards").form === form;

/** The card just added for this form, if one was. */
export function added(form, found) {
	return hasLeft(form) ? found.find(({ id }) => !draft("cards").known.includes(id)) ?? null : null;
}

export const addedIsSeen = () => keepDraft("cards", {});

export const removeCard = (id) => ask("DELETE", `/payment-methods/${encodeURIComponent(id)}`);
