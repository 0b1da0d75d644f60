/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of what HAProxy shows: values, errors with the line, and no byte that breaks them. */
#include "plan/observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define STATE_HEAD                                                                                 \
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "        \
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health "   \
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord "  \
    "srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n"

static const char info[] = "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: 26176\nUptime: 0d "
                           "0h00m02s\nUptime_sec: 2\nnode: vm\nStopping: 0\nStart_time_sec: "
                           "1795420965\ndescription: a\n> b: c\n\n";
static const char state_text[] =
    STATE_HEAD "3 live 1 s2 127.0.0.1 2 0 20 10 5 6 3 4 6 0 0 0 - 8080 - 0 0 - - 0\n"
               "3 live 2 s1 - 0 1 1 1 5 1 0 -1 2 0 0 0 host.example 0 - 0 0 - - 0\n"
               "4 api 1 x ::1 2 8 1 1 5 1 0 0 14 0 0 0 - 65535 - 0 0 - - 0\n\n";
static const char conn26[] =
    "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb "
    "safe_nb idle_lim idle_cur idle_per_thr[2]\n"
    "live/s1 3/1 127.0.0.1 1 - 5000 7 9 9 0 0 -1 4 2 2\n"
    "live/new 3/9 127.0.0.1 3 - 0 0 0 0 0 0 0 0\n\n";
static const char conn34[] =
    "# bkname/svname bkid/svid addr port - purge_delay served used_cur used_max need_est "
    "idle_sess unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[2]\n"
    "live/s1 3/1 127.0.0.1 1 - 5000 1 7 9 9 8 0 0 -1 4 2 2\n";
static const char stat_text[] = "# pxname,svname,qcur,qmax,scur,smax,desc,status,weight,\n"
                                "live,s1,0,0,12,13,\"a,\"\"b\"\"\",UP,1,\n"
                                "live,gone,0,0,1,1,,UP,1,\n"
                                "live,BACKEND,0,0,0,0,,UP,1,\n"
                                "api,BACKEND,0,0,0,0,,UP (UNPUB),1,\n\n";
static const char maps_text[] =
    "# id (file) description\n"
    "4 (/etc/h/z.map) pattern loaded from file '/etc/h/z.map' used by map at file 'f' line 13. "
    "curr_ver=0 next_ver=0 entry_cnt=2\n"
    "-1 (/etc/h/a.map) pattern loaded from file '/etc/h/a.map' used by map. curr_ver=3 next_ver=3 "
    "entry_cnt=0\n\n";
static const char map_text[] =
    "0x55762ae13360 /a b\n0x55762ae133f0 ^/(x) c d  e\n0x1 k \n0x2 only\n\n";
static const char proc_text[] =
    "#<PID>          <type>          <reloads>       <uptime>        <version>      \n"
    "9819            master          3 [failed: 2]   0d00h00m04s     2.6.12-1+deb12u4\n"
    "# workers\n"
    "9821            worker          0               0d00h00m04s     2.6.12-1+deb12u4\n"
    "# old workers\n"
    "9700            worker          1               0d00h01m04s     2.6.12-1+deb12u4\n"
    "# programs\n\n";

static struct have *have_of_state(void)
{
    struct have *h = have_new();
    struct err e;

    assert_int_equal(have_parse_backends(h, STR("# name\nlive\nempty\n\n"), &e), 0);
    assert_int_equal(have_parse_servers_state(h, str_z(state_text), &e), 0);
    return h;
}

static void process_is_read(void **state)
{
    struct have *h = have_new();
    struct err e;

    (void)state;
    assert_int_equal(have_parse_info(h, str_z(info), &e), 0);
    assert_true(str_eq_z(h->version, "2.6.12-1+deb12u4"));
    assert_int_equal(h->pid, 26176);
    assert_int_equal(h->uptime_s, 2);
    assert_int_equal(h->start_time_s, 1795420965);
    assert_false(h->stopping);
    have_free(h);
}

static void servers_are_read_and_sorted(void **state)
{
    struct have *h = have_of_state();
    struct have_backend *live = have_find_backend(h, STR("live"));
    struct have_server *s;

    (void)state;
    assert_int_equal(h->backend_count, 3);
    assert_int_equal(h->server_count, 3);
    assert_true(str_eq_z(h->backends[0].name, "api"));
    assert_int_equal(have_find_backend(h, STR("empty"))->count, 0);
    assert_int_equal(live->count, 2);
    s = &live->servers[0];
    assert_true(str_eq_z(s->name, "s1"));
    assert_int_equal(s->address.n, 0);
    assert_true(str_eq_z(s->fqdn, "host.example"));
    assert_int_equal(s->admin, HAVE_MAINT);
    assert_int_equal(s->check_health, 0);
    s = have_find_server(live, STR("s2"));
    assert_true(str_eq_z(s->address, "127.0.0.1"));
    assert_int_equal(s->port, 8080);
    assert_int_equal(s->op, HAVE_RUNNING);
    assert_int_equal(s->uweight, 20);
    assert_int_equal(s->iweight, 10);
    assert_int_equal(s->check_status, 6);
    assert_int_equal(s->check_result, HAVE_CHECK_PASSED);
    assert_int_equal(s->check_health, 4);
    assert_int_equal(s->check_state, 6);
    s = have_find_server(have_find_backend(h, STR("api")), STR("x"));
    assert_int_equal(s->admin, HAVE_DRAIN);
    assert_int_equal(s->port, 65535);
    assert_null(have_find_server(live, STR("x")));
    assert_null(have_find_server(NULL, STR("x")));
    have_free(h);
}

static void columns_are_found_by_name(void **state)
{
    const char *texts[] = {conn26, conn34};
    struct err e;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct have *h = have_of_state();
        struct have_server *s = have_find_server(have_find_backend(h, STR("live")), STR("s1"));
        assert_int_equal(have_parse_servers_conn(h, str_z(texts[i]), &e), 0);
        assert_int_equal(s->used_conn, 7);
        assert_int_equal(s->idle_conn, 4);
        have_free(h);
    }
}

static void sessions_and_unpublished_are_read(void **state)
{
    struct have *h = have_of_state();
    struct err e;

    (void)state;
    assert_int_equal(have_parse_stat_sessions(h, str_z(stat_text), &e), 0);
    assert_int_equal(have_find_server(have_find_backend(h, STR("live")), STR("s1"))->sessions, 12);
    assert_false(have_find_backend(h, STR("live"))->unpublished);
    assert_true(have_find_backend(h, STR("api"))->unpublished);
    have_free(h);
}

static void maps_keep_their_order(void **state)
{
    struct have *h = have_new();
    struct have_map *m;
    struct err e;

    (void)state;
    assert_int_equal(have_parse_maps(h, str_z(maps_text), &e), 0);
    assert_int_equal(h->map_count, 2);
    assert_true(str_eq_z(h->maps[0].path, "/etc/h/a.map"));
    assert_int_equal(have_parse_map(h, STR("/etc/h/z.map"), str_z(map_text), &e), 0);
    m = have_find_map(h, STR("/etc/h/z.map"));
    assert_int_equal(m->entry_count, 2);
    assert_true(m->read && !h->maps[0].read);
    assert_int_equal(m->count, 4);
    assert_true(str_eq_z(m->entries[1].key, "^/(x)"));
    assert_true(str_eq_z(m->entries[1].value, "c d  e"));
    assert_int_equal(m->entries[2].value.n, 0);
    assert_true(str_eq_z(m->entries[3].key, "only"));
    assert_int_equal(have_parse_map(h, STR("/none"), STR(""), &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(have_parse_map(h, STR("/etc/h/a.map"), STR("\n"), &e), 0);
    assert_true(h->maps[0].read && h->maps[0].count == 0);
    have_free(h);
}

static void processes_are_told_apart(void **state)
{
    struct arena a = ARENA_INIT;
    struct have_procs p;
    struct err e;

    (void)state;
    assert_int_equal(have_parse_proc(&a, str_z(proc_text), &p, &e), 0);
    assert_int_equal(p.count, 3);
    assert_int_equal(have_proc_master(&p)->failed, 2);
    assert_int_equal(have_proc_master(&p)->reloads, 3);
    assert_int_equal(have_proc_worker(&p)->pid, 9821);
    assert_int_equal(p.items[2].kind, PROC_OLD_WORKER);
    assert_int_equal(p.items[2].uptime_s, 64);
    assert_true(str_eq_z(p.items[2].version, "2.6.12-1+deb12u4"));
    arena_free(&a);
}

/* --- what does not read --- */

typedef int parser(struct have *h, struct str text, struct err *e);

static int parse_one_map(struct have *h, struct str text, struct err *e)
{
    return have_parse_map(h, STR("/etc/h/z.map"), text, e);
}

static int parse_procs(struct have *h, struct str text, struct err *e)
{
    struct have_procs p;

    return have_parse_proc(&h->arena, text, &p, e);
}

static const struct {
    parser *parse;
    const char *text, *error;
} garbage[] = {
    {have_parse_info, "", "show info: no Version"},
    {have_parse_info, "Version: 1\nPid: x\n", "show info: line 2: not a number: \"Pid: x\""},
    {have_parse_info, "Version: 1\nPid: -4\n", "line 2"},
    {have_parse_info, "Version: 1\nPid: 1\nUptime_sec: 1\nStart_time_sec: 1\n", "no Stopping"},
    {have_parse_backends, "live\n", "line 1"},
    {have_parse_backends, "# name\ntwo words\n", "line 2"},
    {have_parse_backends, "# name\na\na\n", "twice"},
    {have_parse_servers_state, "", "show servers state"},
    {have_parse_servers_state, "2\n", "line 1: expected the format version 1: \"2\""},
    {have_parse_servers_state, "1\n# be_name be_id\n", "line 2: not the expected columns"},
    {have_parse_servers_state, STATE_HEAD "3 live 1 s2 127.0.0.1 2 0\n", "line 3: too few columns"},
    {have_parse_servers_state,
     STATE_HEAD "3 live 1 s2 127.0.0.1 2 0 x 10 5 6 3 4 6 0 0 0 - 8080 - 0 0 - - 0\n",
     "line 3: not a number"},
    {have_parse_servers_state,
     STATE_HEAD "3 live 1 s2 127.0.0.1 2 0 1 10 5 6 3 4 6 0 0 0 - 65536 - 0 0 - - 0\n",
     "line 3: port out of range"},
    {have_parse_servers_state,
     STATE_HEAD "3 live 1 s 1.1.1.1 2 0 1 1 5 6 3 4 6 0 0 0 - 1 - 0 0 - - 0\n"
                "3 live 2 s 1.1.1.1 2 0 1 1 5 6 3 4 6 0 0 0 - 1 - 0 0 - - 0\n",
     "live/s is there twice"},
    {have_parse_servers_conn, "nonsense\n", "line 1"},
    {have_parse_servers_conn, "# bkname/svname bkid/svid addr\n", "no column used_cur"},
    {have_parse_servers_conn, "# bkname/svname used_cur idle_cur\nlive 1 2\n", "line 2"},
    {have_parse_servers_conn, "# bkname/svname used_cur idle_cur\nlive/s1 1\n", "too few"},
    {have_parse_servers_conn, "# bkname/svname used_cur idle_cur\nlive/s1 1 x\n", "not a number"},
    {have_parse_stat_sessions, "", "show stat"},
    {have_parse_stat_sessions, "# pxname,svname,scur\n", "no column"},
    {have_parse_stat_sessions, "# pxname,svname,scur,status\na,b,x,UP\n", "line 2: scur"},
    {have_parse_stat_sessions, "# pxname,svname,scur,status\na,b,1\n", "too few"},
    {have_parse_maps, "x\n", "line 1"},
    {have_parse_maps, "# id (file) description\n1 /no/brackets\n", "line 2"},
    {have_parse_maps, "# id (file) description\n1 (/f) pattern\n", "no number of entries"},
    {parse_one_map, "k v\n", "map /etc/h/z.map: show map PATH: line 1"},
    {parse_one_map, "0x1 k v\n0x2\n", "line 2"},
    {parse_procs, "", "show proc"},
    {parse_procs, "#<PID> x\n1 worker 0 0d 1\n# workers\n", "line 2: the master"},
    {parse_procs, "#<PID> x\n# workers\n1 worker 0 0d00h00m01s 1\n", "no master"},
    {parse_procs, "#<PID> x\n1 master 0 0d00h01s 1\n", "line 2: not an uptime"},
    {parse_procs, "#<PID> x\nx master 0 0d 1\n", "line 2: not a number"},
    {parse_procs, "#<PID> x\n1 master 0 [failed: 0\n", "line 2"},
    {parse_procs, "#<PID> x\n1 master 0\n", "too few"},
};

static struct have *have_for(parser *parse)
{
    struct have *h = parse == have_parse_servers_state || parse == have_parse_backends
                         ? have_new()
                         : have_of_state();
    struct err e;

    if (parse == parse_one_map)
        assert_int_equal(have_parse_maps(h, str_z(maps_text), &e), 0);
    return h;
}

static void garbage_names_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        struct have *h = have_for(garbage[i].parse);
        struct err e;
        if (garbage[i].parse(h, str_z(garbage[i].text), &e) != -1)
            fail_msg("taken: %s", garbage[i].text);
        if (!strstr(e.text, garbage[i].error))
            fail_msg("\"%s\" does not say \"%s\"", e.text, garbage[i].error);
        have_free(h);
    }
}

static const struct {
    parser *parse;
    const char *text;
} good[] = {
    {have_parse_info, info},
    {have_parse_backends, "# name\nlive\nempty\n\n"},
    {have_parse_servers_state, state_text},
    {have_parse_servers_conn, conn26},
    {have_parse_servers_conn, conn34},
    {have_parse_stat_sessions, stat_text},
    {have_parse_maps, maps_text},
    {parse_one_map, map_text},
    {parse_procs, proc_text},
};

/* Cut at every byte: an error or a value, and never a read behind the end (the text is on the heap
 * without a NUL, so that the sanitizer sees). */
static void cut_at_every_byte_nothing_breaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t whole = strlen(good[i].text);
        for (size_t n = 0; n <= whole; n++) {
            struct have *h = have_for(good[i].parse);
            char *copy = malloc(n ? n : 1);
            struct err e = {0};
            assert_non_null(copy);
            memcpy(copy, good[i].text, n);
            if (good[i].parse(h, (struct str){copy, n}, &e))
                assert_true(e.text[0] != 0 && n < whole);
            free(copy);
            have_free(h);
        }
    }
}

static void changed_bytes_break_nothing(void **state)
{
    (void)state;
    srand(11);
    for (int round = 0; round < 20000; round++) {
        size_t i = (size_t)rand() % (sizeof good / sizeof *good);
        size_t n = strlen(good[i].text);
        struct have *h = have_for(good[i].parse);
        char *copy = malloc(n);
        struct err e = {0};
        assert_non_null(copy);
        memcpy(copy, good[i].text, n);
        for (int k = rand() % 4; k >= 0; k--)
            copy[(size_t)rand() % n] = (char)(rand() % 256);
        if (good[i].parse(h, (struct str){copy, n}, &e))
            assert_true(e.text[0] != 0);
        free(copy);
        have_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_is_read),
        cmocka_unit_test(servers_are_read_and_sorted),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(sessions_and_unpublished_are_read),
        cmocka_unit_test(maps_keep_their_order),
        cmocka_unit_test(processes_are_told_apart),
        cmocka_unit_test(garbage_names_its_line),
        cmocka_unit_test(cut_at_every_byte_nothing_breaks),
        cmocka_unit_test(changed_bytes_break_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
