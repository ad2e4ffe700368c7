/* dovetail.validators/1: judge writes to the metadata store before they are committed. */
#ifndef DOVETAIL_VALIDATORS_H
#define DOVETAIL_VALIDATORS_H

#include "base.h"
#include "metadata.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DVT_VALIDATORS_INTERFACE "dovetail.validators/1"

#define DVT_VALIDATION_REQUIRED 1u /* while it is suspended, refuse; without: let writes pass it unseen */

/* Whose writes to judge. All zero but the header and `pattern` is a valid choice. */
typedef struct dvt_validation_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  dvt_str pattern;    /* of collections: a name, or segments with `*` (one segment) and a last `>` (one or more) */
  dvt_str name;       /* unique in the plugin; empty = pattern#ordinal. Plugin id and name outlive a reload */
  int32_t priority;   /* higher first; later ones are shown what earlier ones amended. Ties by registration */
  uint32_t budget_ms; /* the longest that writers wait for a judgement, 1…10,000; 0 = 1,000 */
  uint32_t flags;     /* DVT_VALIDATION_… */
  uint32_t reserved;
} dvt_validation;

/* A write that is about to be committed. */
typedef struct dvt_proposal_r1 {
  dvt_str collection;
  dvt_str key;
  const dvt_record *record; /* as it is, with what the transaction did to it before; NULL when there is none */
  const dvt_value *value;   /* what it would get, with its defaults; NULL for a removal */
} dvt_proposal;

/* The writes of one transaction that a validator is shown, in their order. */
typedef struct dvt_review_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const dvt_proposal *proposals;
  uint64_t proposal_count;
  dvt_handle snapshot; /* the store as readers see it, for `snapshot_get`, `list_page` and `query` until the validator returns */
  uint64_t revision;   /* of the snapshot */
} dvt_review;

/* The host's; a validator speaks through it, while it runs and on its thread.
 * OWNERSHIP: everything is borrowed until the function returns. [handler] */
typedef struct dvt_amending_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *context;
  /* Has the put at a place among the proposals write another value; what is said last of one counts.
   * Returns: DVT_OK, DVT_INVALID (no put is there, or malformed) or DVT_TOO_LARGE. */
  int32_t (*amend)(void *context, uint64_t index, const dvt_value *value);
} dvt_amending;

/* Judges writes before they are committed, which wait for it. It may read; writes of its own on this thread are refused with
 * DVT_WOULD_DEADLOCK. One call at a time, also after `quiesce` was called and until it has returned.
 * OWNERSHIP: everything is borrowed until it returns.
 * Returns: DVT_OK lets them happen, with the values that were amended. Any other code refuses the whole transaction, with a message
 * in `error`: the writer gets DVT_DENIED and the message.
 * [handler] */
typedef int32_t (*dvt_validator)(void *context, const dvt_review *review, const dvt_amending *amending,
                                 const dvt_error_sink *error);

typedef struct dvt_validators_r1 {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Has a validator judge the writes of collections that the manifest permits. A plugin has at most 16.
   * Where it crashes, or does not answer within its budget, the write is refused with its name; after three times late in a row it is
   * suspended until it is replaced by a reload.
   * OWNERSHIP: the options are borrowed until the call returns; `context` stays the plugin's until `release` or `cleanup` has returned.
   * Returns: DVT_OK with `*out` set, DVT_INVALID, DVT_EXISTS (name), DVT_FULL, DVT_DENIED (`permissions.metadata`) or DVT_GONE.
   * [any-thread] */
  int32_t (*validate)(const dvt_host *host, const dvt_validation *options, dvt_validator validator, void *context,
                      dvt_handle *out, const dvt_error_sink *error);
  /* Ends a validator, with the promise of `unsubscribe`.
   * Returns: DVT_OK, DVT_PENDING or DVT_GONE.
   * [any-thread] */
  int32_t (*release)(const dvt_host *host, dvt_handle validator, dvt_completion done, void *context,
                     const dvt_error_sink *error);
} dvt_validators;

#ifdef __cplusplus
}
#endif
#endif
