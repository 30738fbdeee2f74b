// Saved cards. Card numbers are entered on Stripe's page only.
import { ask } from "./api.js";

const DRAFT = "draft";

export const cards = async () => (await ask("GET", "/payment-methods")).items;

/** The saved input of a form, kept across Stripe's page and sign-ins. */
export const draft = (name) => JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}")[name] ?? {};

export function keepDraft(name, typed) {
	const all = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
	sessionStorage.setItem(DRAFT, JSON.stringify({ ...all, [name]: typed }));
}

export async function addCard(form, saved) {
	keepDraft("cards", { form, known: saved.map(({ id }) => id) });
	const { url } = await ask("POST", "/payment-methods", { body: {} });
	location.assign(url);
}

export const hasLeft = (form) => draft("cards").form === form;

/** The card just added from this form, or null. */
export function added(form, saved) {
	return hasLeft(form) ? saved.find(({ id }) => !draft("cards").known.includes(id)) ?? null : null;
}

export const addedIsSeen = () => keepDraft("cards", {});

export const removeCard = (id) => ask("DELETE", `/payment-methods/${encodeURIComponent(id)}`);
