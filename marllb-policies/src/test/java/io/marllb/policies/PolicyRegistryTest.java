package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Outbox;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyRegistryTest {

    private static final PolicySetup SETUP = new PolicySetup(4, 2, 0, 250_000_000L, 1, Outbox.NONE);

    @Test
    void buildsWhatWasNamedWithFreshState() {
        PolicySpec spec = PolicyRegistry.parse(" sed:bias=1/m ");

        Policy first = spec.build(SETUP);
        Policy second = spec.build(SETUP);

        assertThat(spec.name()).isEqualTo("sed:bias=1/m");
        assertThat(spec.info().pair()).isEqualTo("sed+capacity");
        assertThat(first.name()).isEqualTo("sed:bias=1/m");
        assertThat(first.rule()).isInstanceOf(SedRule.class).isNotSameAs(second.rule());
        assertThat(first.weights()).isInstanceOf(CapacityWeights.class).isNotSameAs(second.weights());
        assertThat(first.needs()).isEqualTo(spec.needs());
    }

    @Test
    void acceptsAPairWithParametersOnEachHalf() {
        PolicySpec spec = PolicyRegistry.parse("sed:bias=5e-1:exponent=1/2+capacity");

        assertThat(spec.info().pair()).isEqualTo("sed+capacity");
        assertThat(spec.build(SETUP).rule()).isInstanceOf(SedRule.class);
        assertThat(spec.info().parameters())
                .extracting(PolicyInfo.Parameter::name, PolicyInfo.Parameter::defaultValue)
                .contains(org.assertj.core.groups.Tuple.tuple("exponent", "1/2"));
    }

    @Test
    void showsTheDefaultsThatHoldForANamedPolicy() {
        assertThat(PolicyRegistry.parse("wlc").info().parameters())
                .filteredOn(p -> p.name().equals("bias"))
                .extracting(PolicyInfo.Parameter::defaultValue)
                .containsExactly("0");
    }

    @Test
    void describesEveryEntryOnceWithNameSummaryAndSource() {
        assertThat(PolicyRegistry.policies()).extracting(PolicyInfo::name).doesNotHaveDuplicates();
        assertThat(PolicyRegistry.rules()).extracting(PolicyInfo::name).doesNotHaveDuplicates();
        assertThat(PolicyRegistry.weights()).extracting(PolicyInfo::name).doesNotHaveDuplicates();
        assertThat(PolicyRegistry.policies()).allSatisfy(p -> {
            assertThat(p.summary()).isNotBlank().doesNotContain("\n");
            assertThat(p.source()).isNotBlank();
            assertThat(p.pair()).contains("+");
            assertThat(p.parameters()).extracting(PolicyInfo.Parameter::name).doesNotHaveDuplicates();
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sde | there is no policy 'sde'; did you mean 'sed'?",
                "'' | there is no policy ''; valid are ecmp, rr,",
                "sed:bais=1 | sed has no parameter 'bais'; did you mean 'bias'?",
                "ecmp:bias=1 | ecmp has no parameter 'bias'; it has none",
                "sed:bias | after 'sed' comes :key=value, but found 'bias'",
                "sed:bias=1:bias=2 | parameter 'bias' is given twice",
                "sed:bias=NaN | bias must be a number in [0, 1000], but was 'NaN'",
                "sed:bias=-1 | bias must be a number in [0, 1000], but was '-1'",
                "sed:bias=1/0 | bias must be a number in [0, 1000], but was '1/0'",
                "sed:bias=m | such as 0.5, 1/3 or 1/m (m = number of balancers)",
                "sed:ties=vp | ties must be random or vpp, but was 'vp'; did you mean 'vpp'?",
                "lsq2:choices=2.5 | choices must be a whole number in [1, 64], but was '2.5'",
                "least-flows | 'least-flows' is a rule and needs weights; write a pair such as least-flows+equal",
                "capacity | 'capacity' is a weight policy and needs a rule; write a pair such as sed+capacity",
                "sed+capcity | there is no weight policy 'capcity' (a pair is RULE+WEIGHTS); did you mean 'capacity'?",
                "ecmp+equal | there is no rule 'ecmp' (a pair is RULE+WEIGHTS)",
                "sed+ | there is no weight policy ''",
                "sed+equal+equal | a pair is RULE+WEIGHTS, but this has 2 plus signs",
                "agent:model.marllb | model.marllb: there is no such file; train one with `marllb train`"
            })
    void saysWhatIsWrongAndWhatWasProbablyMeant(String text, String message) {
        assertThatThrownBy(() -> PolicyRegistry.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("policy '" + text + "': ")
                .hasMessageContaining(message);
    }
}
