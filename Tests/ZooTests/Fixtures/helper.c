/* A library that a creature brings with it. */
const char *helper(void);
const char *helper(void) { return ANSWER; }
