// Figures that are read at a glance.
import { html } from "../../vendor/htm/preact.js";

/** One figure, its name above it and what explains it beside it; for a list `dl.tiles`. */
export const Tile = ({ name, value, children }) => html`<div>
  <dt>${name}</dt>
  <dd><span class="figure">${value}</span> <span class="quiet small">${children}</span></dd>
</div>`;
