/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "frame.h"

#define EXAMPLE "../../main/c/dpdk/example.conf"

/* What every configuration needs, on one line each: 1 vip, 6 server, 8 control. */
#define VIP "[vip]\naddress=10.0.0.100\nport=80\nprotocol=tcp\nmode=dsr\n"
#define SERVER "[server]\naddress=10.0.0.11\nmac=02:00:00:00:00:11\n"
#define CONTROL "[control]\nsegment=/dev/shm/x\n"

static struct marllb_config config;
static struct marllb_config_errors errors;

static bool
parse(const char *text)
{
	return marllb_config_parse("lb.conf", text, strlen(text), &config, &errors);
}

/* The text has this error and no other. */
static void
expect(const char *text, const char *message)
{
	bool ok = parse(text);

	check(!ok && errors.count == 1, "%u errors in:\n%s%s", errors.count, text, errors.text[0]);
	check(strcmp(errors.text[0], message) == 0, "got  %s\nwant %s", errors.text[0], message);
}

static void
the_example_is_valid(void **state)
{
	const struct marllb_address beyond = {4, {192, 0, 2, 1}};
	const struct marllb_address *hop;

	(void)state;
	check(marllb_config_read(EXAMPLE, &config, &errors), "%s", errors.text[0]);
	assert_int_equal(config.vips, 2);
	assert_int_equal(config.vip[0].address.family, 4);
	assert_memory_equal(config.vip[0].address.bytes, ((uint8_t[]){10, 0, 0, 100}), 4);
	assert_int_equal(config.vip[0].port, htons(80));
	assert_int_equal(config.vip[0].proto, 6);
	assert_int_equal(config.vip[0].mode, MARLLB_DSR);
	assert_int_equal(config.vip[1].address.family, 6);
	assert_int_equal(config.servers, 2);
	assert_true(config.server[0].has_mac);
	assert_memory_equal(config.server[0].mac, ((uint8_t[]){2, 0, 0, 0, 0, 0x11}), 6);
	assert_true(config.server[0].weight == 1 && config.server[1].weight == 2.5);
	assert_false(config.server[1].has_mac);
	assert_int_equal(config.ipv4.prefix, 24);
	assert_int_equal(config.ipv6.prefix, 64);
	assert_false(config.has_mac);
	assert_int_equal(config.mtu, 1500);
	assert_string_equal(config.segment, "/dev/shm/marllb-lb0");
	hop = marllb_config_next_hop(&config, &config.server[0].address);
	assert_ptr_equal(hop, &config.server[0].address);
	assert_null(marllb_config_next_hop(&config, &beyond));
}

/* Keys that the example shows behind a # are its defaults: uncommented, nothing changes. */
static void
the_example_shows_the_defaults(void **state)
{
	static struct marllb_config shown;
	char text[16384];
	FILE *file = fopen(EXAMPLE, "rb");
	size_t size;

	(void)state;
	assert_non_null(file);
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_true(size < sizeof(text));
	assert_true(marllb_config_parse("shown", text, size, &config, &errors));
	for (size_t i = 1; i + 1 < size; i++) {
		if (text[i - 1] == '\n' && text[i] == '#' && text[i + 1] >= 'a' && text[i + 1] <= 'z')
			text[i] = ' ';
	}
	check(marllb_config_parse("shown", text, size, &shown, &errors), "%s", errors.text[0]);
	assert_memory_equal(&shown, &config, sizeof(shown));
}

static void
reads_every_key(void **state)
{
	(void)state;
	check(parse("[port]\naddress=10.1.0.2/16\ngateway=10.1.0.1\naddress6=fd00::2/64\n"
		    "gateway6=fd00::1\nmac=0a:0B:00:00:00:02\nmtu=9000\nidle=poll\n"
		    "[flows]\nsize=4096\nestablished-timeout=2min\nembryonic-timeout=1500ms\n"
		    "closing-timeout=20us\nhash-seed=18446744073709551615\n"
		    "[control]\r\nsegment=/tmp/s\ninterval=100ms\nslots=3\nbalancers=4\n"
		    "fallback-rule=two-choices\n"
		    "[vip]\naddress=192.0.2.1\nport=53\nprotocol=udp\nmode=nat # comment\n"
		    "[server]\naddress=10.2.0.1\nport=5353\nweight=0.25"),
	      "%s", errors.text[0]);
	assert_memory_equal(config.ipv4.gateway.bytes, ((uint8_t[]){10, 1, 0, 1}), 4);
	assert_int_equal(config.ipv6.gateway.family, 6);
	assert_true(config.has_mac);
	assert_memory_equal(config.mac, ((uint8_t[]){10, 11, 0, 0, 0, 2}), 6);
	assert_int_equal(config.mtu, 9000);
	assert_int_equal(config.idle, MARLLB_IDLE_POLL);
	assert_int_equal(config.flows, 4096);
	assert_true(config.established_nanos == 120000000000);
	assert_true(config.embryonic_nanos == 1500000000);
	assert_true(config.closing_nanos == 20000);
	assert_true(config.hash_seed == UINT64_MAX);
	assert_true(config.interval_nanos == 100000000);
	assert_int_equal(config.slots, 3);
	assert_int_equal(config.balancers, 4);
	assert_int_equal(config.fallback, MARLLB_RULE_TWO_CHOICES);
	assert_int_equal(config.vip[0].proto, 17);
	assert_int_equal(config.vip[0].mode, MARLLB_NAT);
	assert_int_equal(config.server[0].port, htons(5353));
	assert_true(config.server[0].weight == 0.25);
	assert_ptr_equal(marllb_config_next_hop(&config, &config.server[0].address),
			 &config.ipv4.gateway);
}

static void
names_what_is_wrong_and_the_fix(void **state)
{
	(void)state;
	expect(VIP SERVER CONTROL "intervall=50ms\n",
	       "lb.conf:11: 'intervall' is no key of [control]; did you mean 'interval'?");
	expect(VIP SERVER CONTROL "colour=red\n",
	       "lb.conf:11: 'colour' is no key of [control]; valid are segment, interval, slots, "
	       "balancers, fallback-rule");
	expect(VIP SERVER CONTROL "[Flow]\nx=1\n",
	       "lb.conf:11: [Flow] is no section; did you mean 'flows'?");
	expect("x=1\n", "lb.conf:1: 'x' stands before the first section; begin with a line such as [vip]");
	expect(VIP SERVER CONTROL "[flows\n",
	       "lb.conf:11: '[flows' has no ] at its end; a section is a line such as [vip]");
	expect(VIP SERVER CONTROL "interval\n",
	       "lb.conf:11: 'interval' is neither [SECTION] nor KEY = VALUE; put = between key and value");
	expect(VIP SERVER CONTROL "interval=\n", "lb.conf:11: interval has no value; write one behind =");
	expect(VIP SERVER CONTROL "segment=/x\n", "lb.conf:11: segment stands here again, after line 10; keep one");
	expect(VIP SERVER CONTROL "[control]\n",
	       "lb.conf:11: [control] stands here again, after line 9; put all its keys into one");
	expect(SERVER CONTROL "[vip]\naddress=10.0.0.100\nport=80\nmode=dsr\n",
	       "lb.conf:6: [vip] has no protocol, which it needs; add a line 'protocol = ...'");
	expect(SERVER CONTROL, "lb.conf: there is no [vip], and one is needed; example.conf shows it");
	expect(VIP SERVER CONTROL "[flows]\nsize=5000\n",
	       "lb.conf:12: size is '5000', but must be a power of two; the next is 8192");
	expect(VIP SERVER CONTROL "slots=0\n",
	       "lb.conf:11: slots is '0', but must be a whole number from 1 to 256");
	expect(VIP SERVER CONTROL "interval=50\n",
	       "lb.conf:11: interval is '50', but must be a whole number with a unit us, ms, s or min, up to "
	       "a day, such as 50ms");
	expect(VIP SERVER CONTROL "fallback-rule=sedd\n",
	       "lb.conf:11: fallback-rule is 'sedd', which is none of its values; did you mean 'sed'?");
	expect(VIP SERVER CONTROL "[server]\naddress=web-1.example\n",
	       "lb.conf:12: address is 'web-1.example', but must be a numeric IPv4 or IPv6 address; names "
	       "are not resolved");
	expect(VIP SERVER CONTROL "[server]\naddress=224.0.0.1\n",
	       "lb.conf:12: address is '224.0.0.1', but must be an address of one host on a network");
	expect(VIP CONTROL SERVER "weight=nan\n",
	       "lb.conf:11: weight is 'nan', but must be a number > 0; leave the server out to give it "
	       "nothing");
	expect(VIP CONTROL SERVER "[port]\nmac=ff:ff:ff:ff:ff:ff\n",
	       "lb.conf:12: mac is 'ff:ff:ff:ff:ff:ff', but must be the MAC address of one station, such as "
	       "02:00:00:00:00:01");
	expect(VIP CONTROL SERVER "[port]\naddress=10.0.0.2\n",
	       "lb.conf:12: address is '10.0.0.2', but must be ADDRESS/BITS with 1 to 32 bits, such as "
	       "10.0.0.2/24");
	expect(VIP CONTROL SERVER "[port]\naddress=fd00::2/64\n",
	       "lb.conf:12: address is 'fd00::2/64', but must be ADDRESS/BITS with 1 to 32 bits, such as "
	       "10.0.0.2/24");
}

static void
looks_at_sections_together(void **state)
{
	(void)state;
	expect(VIP SERVER CONTROL VIP,
	       "lb.conf:11: this VIP has address, port and protocol of the one in line 1; keep one");
	expect(VIP SERVER CONTROL SERVER,
	       "lb.conf:11: this server has address and port of the one in line 6; keep one");
	expect(VIP SERVER CONTROL "slots=1\n[server]\naddress=10.0.0.12\nmac=02:00:00:00:00:12\n",
	       "lb.conf:9: slots is 1, but there are 2 servers; slots must be at least that");
	expect(VIP SERVER "port=8080\n" CONTROL,
	       "lb.conf:6: this server has a port, but no VIP has mode nat, and the other modes keep the "
	       "VIP's; remove it");
	expect(VIP "[server]\naddress=10.0.0.11\n" CONTROL,
	       "lb.conf:6: this server has no mac, and without address in [port] nobody can ask for it; add "
	       "one");
	expect(VIP "[server]\naddress=10.0.1.11\n" CONTROL "[port]\naddress=10.0.0.2/24\n",
	       "lb.conf:6: this server is not in the network of address in [port], but mode dsr of line 1 "
	       "reaches only the own link; give its mac if it is there, or use ipip or gre");
	expect("[vip]\naddress=fd00::100\nport=80\nprotocol=tcp\nmode=nat\n" SERVER CONTROL,
	       "lb.conf:6: this server has an IPv4 address, but the VIP of line 1 has IPv6 and mode nat, "
	       "which translates within one family; use ipip or gre");
	expect("[vip]\naddress=10.0.0.100\nport=80\nprotocol=tcp\nmode=gre\n" SERVER CONTROL,
	       "lb.conf:6: the tunnel to this server (mode gre of line 1) has no outer source; add address "
	       "to [port]");
	expect("[vip]\naddress=10.0.0.100\nport=80\nprotocol=tcp\nmode=ipip\n"
	       "[server]\naddress=10.0.1.11\n" CONTROL "[port]\naddress=10.0.0.2/24\n",
	       "lb.conf:6: this server is not in the network of address in [port]; add a gateway");
	expect(VIP SERVER CONTROL "[port]\naddress=10.0.0.2/24\ngateway=10.0.1.1\n",
	       "lb.conf:11: the gateway is not in the network of address, so it can't be reached");
	expect(VIP "[server]\naddress=10.0.0.100\nmac=02:00:00:00:00:11\n" CONTROL,
	       "lb.conf:6: this server has the address of the VIP in line 1; give the server's own");
	expect(VIP SERVER CONTROL "[port]\naddress=10.0.0.11/24\n",
	       "lb.conf:6: this server has the address of [port], which is the balancer's own");
}

static void
reports_all_errors_up_to_twenty(void **state)
{
	char text[4096] = "[flows]\n";

	(void)state;
	assert_false(parse("[flows]\nsize=1\nsise=2\nestablished-timeout=x\n[vip]\n"));
	assert_int_equal(errors.count, 3 + 4);
	assert_non_null(strstr(errors.text[1], "lb.conf:3:"));
	for (int i = 0; i < 100; i++)
		strcat(text, "bad=1\n");
	assert_false(parse(text));
	assert_int_equal(errors.count, MARLLB_CONFIG_ERRORS);
	assert_non_null(strstr(errors.text[MARLLB_CONFIG_ERRORS - 1], "lb.conf:21:"));
}

static void
says_when_there_is_no_such_file(void **state)
{
	(void)state;
	assert_false(marllb_config_read("/nowhere/lb.conf", &config, &errors));
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.text[0],
			    "/nowhere/lb.conf: it can't be read: No such file or directory");
	assert_false(marllb_config_read("/", &config, &errors));
	assert_string_equal(errors.text[0], "/: it can't be read: Is a directory");
}

static void
takes_no_more_than_it_has_room_for(void **state)
{
	char *text = calloc(1, 1 << 20), *at = text;

	(void)state;
	assert_non_null(text);
	at += sprintf(at, CONTROL "slots=256\n");
	for (int i = 0; i < 257; i++)
		at += sprintf(at, "[server]\naddress=10.1.%d.%d\nmac=02:00:00:00:00:01\nweight=0.5\n",
			      i / 200, i % 200 + 1);
	for (int i = 0; i < 17; i++)
		at += sprintf(at, "[vip]\naddress=10.2.0.%d\nport=80\nprotocol=tcp\nmode=dsr\n", i + 1);
	assert_false(parse(text));
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.text[0], "lb.conf:1028: one [server] more than 256, which is the most");
	assert_string_equal(errors.text[1], "lb.conf:1112: one [vip] more than 16, which is the most");
	free(text);
}

static void
a_line_is_at_most_1023_bytes(void **state)
{
	char text[2048] = VIP SERVER CONTROL "#";
	size_t before = strlen(text) - 1;

	(void)state;
	memset(text + before + 1, '-', 1022);
	check(parse(text), "%s", errors.text[0]);
	text[before + 1023] = '-';
	expect(text, "lb.conf:11: this is no line of text of at most 1023 bytes; is it the right file?");
	assert_false(marllb_config_parse("lb.conf", "[vip]\n\0", 7, &config, &errors));
	assert_int_equal(errors.count, 1);
}

/* Damage of any kind to a valid file: an answer, in bounds, and errors if it says that it is bad. */
static void
survives_any_bytes(void **state)
{
	static const char base[] = VIP SERVER CONTROL "[port]\naddress6=fd00::2/64\nmtu=1500\n";
	uint64_t words = 1;
	unsigned good = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		size_t size = sizeof(base) - 1;
		char *text = malloc(size);

		assert_non_null(text);
		memcpy(text, base, size);
		for (uint32_t n = 1 + below(&words, 4); n > 0; n--)
			text[below(&words, (uint32_t)size)] = (char)below(&words, 256);
		if (below(&words, 2) == 0)
			size = below(&words, (uint32_t)size);
		bool ok = marllb_config_parse("x", text, size, &config, &errors);

		assert_int_equal(ok, errors.count == 0);
		for (unsigned j = 0; j < errors.count; j++)
			assert_non_null(memchr(errors.text[j], 0, sizeof(errors.text[j])));
		good += ok;
		free(text);
	}
	check(good > 100 && good < 15000, "%u of 20000 are valid", good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_is_valid),
		cmocka_unit_test(the_example_shows_the_defaults),
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(names_what_is_wrong_and_the_fix),
		cmocka_unit_test(looks_at_sections_together),
		cmocka_unit_test(reports_all_errors_up_to_twenty),
		cmocka_unit_test(says_when_there_is_no_such_file),
		cmocka_unit_test(takes_no_more_than_it_has_room_for),
		cmocka_unit_test(a_line_is_at_most_1023_bytes),
		cmocka_unit_test(survives_any_bytes),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
