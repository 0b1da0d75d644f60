/* SPDX-License-Identifier: Apache-2.0 */
#include "render/lookup.h"

#include "base/hash.h"
#include "render/maps.h"
#include "render/policy_lines.h"
#include "render/rules.h"
#include "render/split_lines.h"

struct kind {
    const char *fetch; /* NULL: by header */
    const char *match;
    const char *acl;
};

/* `pathq` and not `url`, which is absolute on HTTP/2. */
static const struct kind kinds[] = {
    [RULE_PATH] = {"path", "str", "path"},
    [RULE_PATH_BEG] = {"path", "beg", "path_beg"},
    [RULE_PATH_REG] = {"path", "reg", "path_reg"},
    [RULE_URL] = {"pathq", "str", "pathq -m str"},
    [RULE_URL_BEG] = {"pathq", "beg", "pathq -m beg"},
    [RULE_URL_REG] = {"pathq", "reg", "pathq -m reg"},
    [RULE_HDR_DOM] = {NULL, "dom", NULL},
};
_Static_assert(sizeof kinds / sizeof *kinds == RULE_OP_COUNT, "a kind of rule has no lookup");

static const char rank_set[] = "http-request set-var(txn.r)";
static const char rank_lower[] = "http-request set-var(txn.r,ifgt)";

static void rule_line(struct line_out *o, const struct ruleset *rules, size_t i, char set)
{
    struct arena a = ARENA_INIT;
    enum rule_op op = RULE_PATH;
    struct str header = STR("");

    if (rules_kind(rules->frontend, rules->kinds[i].name, &op, &header)) {
        o->failed = err_set(o->e, ERR_INTERNAL, "no lookup for " STR_FMT,
                            STR_ARG(rules->kinds[i].name)) != 0;
        return;
    }
    line_new(o, "%s ", i ? rank_lower : rank_set);
    if (kinds[op].fetch)
        line_more(o, "%s", kinds[op].fetch);
    else
        line_more(o, "req.hdr(" STR_FMT ")%s", STR_ARG(header),
                  str_eq(header, STR("host")) ? ",lower" : "");
    line_more(o, ",map_%s_int(", kinds[op].match);
    line_map(o, maps_rule_file(&a, rules->kinds[i].name, set));
    if (i == 0)
        line_more(o, ",%d", RULES_NO_RANK);
    line_more(o, ") if { var(txn.g) -m str %c }", set);
    arena_free(&a);
}

static void rule_lines(struct line_out *o, const struct ruleset *rules)
{
    struct arena a = ARENA_INIT;

    line_new(o, "http-request set-var(txn.g) fe_name,map_str(");
    line_map(o, STR("maps/active.map"));
    line_more(o, ",a)");
    for (const char *set = "ab"; *set; set++) {
        for (size_t i = 0; i < rules->kind_count; i++)
            rule_line(o, rules, i, *set);
    }
    line_new(o, "http-request set-var(txn.be) var(txn.r),map_str(");
    line_map(o, maps_rank_file(&a, rules->frontend));
    line_more(o, ")");
    arena_free(&a);
}

void lookup_lines(struct line_out *o, const struct ruleset *rules)
{
    const char *action = rules ? "http-request" : "tcp-request content";

    if (rules)
        rule_lines(o, rules);
    line_new(o, "%s set-var(txn.be) fe_name,map_str(", action);
    line_map(o, STR("maps/default.map"));
    line_more(o, rules ? ") if !{ var(txn.be) -m found }" : ")");
    if (rules) {
        split_lines(o);
        policy_lines(o);
    }
    line_new(o, "%s set-var(txn.px) var(txn.be),map_str(", action);
    line_map(o, STR("maps/proxies.map"));
    line_more(o, ")");
}

void lookup_use_lines(struct line_out *o, const struct ruleset *rules, const struct str_list *own)
{
    if (rules && own->count) {
        /* here an unknown name must end the search: no proxy is called thalassa.none */
        line_new(o, "use_backend %%[var(txn.be),map_str(");
        line_map(o, STR("maps/proxies.map"));
        line_more(o, ",thalassa.none)] if { var(txn.r) -m int lt %d }", RULES_NO_RANK);
        policy_use_condition(o);
    }
    for (size_t i = 0; i < own->count; i++) {
        line_break(o);
        line_raw(o, own->items[i]);
    }
    line_new(o, "use_backend %%[var(txn.px)] if { var(txn.px) -m found }");
}

void lookup_acl_lines(struct line_out *o, const struct rule *rule)
{
    struct arena a = ARENA_INIT;
    struct str rest = rule->value;
    struct str name =
        arena_printf(&a, "%s " STR_FMT " " STR_FMT " " STR_FMT, rule_op_name(rule->op),
                     STR_ARG(rule->header), STR_ARG(rule->value), STR_ARG(rule->backend));
    char hex[17];

    hash_hex(hash_str(name), hex);
    if (str_word(&rest).n) { /* an empty value matches nothing, and HAProxy warns of it */
        line_new(o, "acl %s_%s ", rule_op_type(rule->op), hex);
        if (kinds[rule->op].acl)
            line_more(o, "%s ", kinds[rule->op].acl);
        else
            line_more(o, "hdr_dom(" STR_FMT ") %s", STR_ARG(rule->header),
                      str_eq(rule->header, STR("host")) ? "-i " : "");
        line_patterns(o, rule->value);
        line_new(o, "use_backend %%[str(" STR_FMT "),map_str(", STR_ARG(rule->backend));
        line_map(o, STR("maps/proxies.map"));
        line_more(o, ",thalassa.none)] if %s_%s", rule_op_type(rule->op), hex);
    }
    arena_free(&a);
}

bool lookup_is_line(struct str line)
{
    return str_starts(line, str_z(rank_set)) || str_starts(line, str_z(rank_lower));
}
