// What the page and the trainer have to agree on to picture the answers of a network.

/** In place of a class, where an output is no number. */
export const NONE = 255;
/** The spirals' plane is pictured from -EDGE to EDGE, both ways. */
export const EDGE = 1.1;
/** So many rows of places in it, and columns. */
export const PLACES = 32;
