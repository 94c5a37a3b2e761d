// The workbench's icons: strokes in the colour of the text around them.
import { html } from "../../vendor/htm/preact.js";

const PATHS = {
  close: "M4 4l8 8M12 4l-8 8",
  download: "M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11",
  file: "M9.5 1.5H4v13h8.5v-10zM9.5 1.5v3h3",
  folder: "M1.5 13V3h4.5l1.5 2h7v8z",
  more: "M2.6 8h.8M7.6 8h.8M12.6 8h.8",
  newFile: "M9.5 1.5H4v13h8.5v-10zM9.5 1.5v3h3M8.2 7.5v4M6.2 9.5h4",
  newFolder: "M1.5 13V3h4.5l1.5 2h7v8zM8 7v4M6 9h4",
  rename: "M2.5 13.5l.7-3 7.8-7.8 2.3 2.3-7.8 7.8zM9.5 4.2l2.3 2.3",
  delete: "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5",
  upload: "M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
  comment: "M2 2.5h12v8.5H7l-3 2.8V11H2z",
  restore: "M3 3v3.5h3.5M3.3 6.5A5.3 5.3 0 1 1 2.7 9",
};

export const Icon = ({ of }) => html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16"
  aria-hidden="true"><path d=${PATHS[of]} /></svg>`;
