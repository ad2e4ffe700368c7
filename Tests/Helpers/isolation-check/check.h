/* Holds what a host and its workers say to each other against what they should. Exits with 0, or says what was wrong. */
#ifndef CHECK_H
#define CHECK_H

#include "CIsolation.h"
#include "specimen.h"

void check_round_trips(uint64_t seed, uint64_t rounds);
void check_truncations(uint64_t seed, uint64_t rounds);
void check_mutations(uint64_t seed, uint64_t rounds);
void check_nesting(uint64_t seed, uint64_t rounds);
void check_many(uint64_t seed, uint64_t rounds);

void check_threads(uint64_t seed, uint64_t rounds);
void check_processes(uint64_t seed, uint64_t rounds);
void check_large(uint64_t seed, uint64_t rounds);
void check_files(uint64_t seed, uint64_t rounds);
void check_heads(uint64_t seed, uint64_t rounds);
void check_death(uint64_t seed, uint64_t rounds);
void check_deadline(uint64_t seed, uint64_t rounds);
void check_callbacks(uint64_t seed, uint64_t rounds);
void check_exhaustion(uint64_t seed, uint64_t rounds);

void check_index(uint64_t seed, uint64_t rounds);

#endif
