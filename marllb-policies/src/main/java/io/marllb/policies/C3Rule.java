package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outcome;
import io.marllb.core.PolicySetup;
import io.marllb.core.Signal;
import io.marllb.core.View;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * C3's replica ranking without its rate control: argmin {@code R - s + qhat^3 s} with {@code qhat = 1 + q m + qbar}.
 *
 * <p>R is the moving average of completion times that this balancer saw, s and qbar those of service time and flows in the system that the
 * server reported, q the own flows in flight, m the number of balancers. In the paper servers report with every answer; here with every
 * report interval. Until a server has reported, s is the mean over those that have, or 1 ns, and what is unknown otherwise is 0. Weights do
 * not matter.
 */
final class C3Rule extends ArgminRule {

    static final Half<FlowRule> HALF = new Half<>(
            "c3",
            "argmin R - s + (1 + q m + qbar)^3 s from reports; no rate control",
            "Suresh et al., C3, NSDI 2015, 3.1",
            C3Rule::new,
            Parameter.number("alpha", "0.9", 0.001, 1, "weight of a new value in the three moving averages"),
            Parameter.number("exponent", "3", 1, 6, "power of the queue estimate"),
            TIES);

    private final double alpha;
    private final double exponent;
    private final int balancers;
    private final double[] response; // [n], R, nanoseconds; NaN until known
    private final double[] service; // [n], s
    private final double[] queue; // [n], qbar
    private double pooledService = 1;

    C3Rule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
        alpha = arguments.number("alpha");
        exponent = arguments.number("exponent");
        balancers = setup.balancers();
        response = unknown(setup.servers());
        service = unknown(setup.servers());
        queue = unknown(setup.servers());
    }

    private static double[] unknown(int n) {
        double[] values = new double[n];
        Arrays.fill(values, Double.NaN);
        return values;
    }

    @Override
    void refresh(View view) {}

    @Override
    double key(int server, int inFlight) {
        double estimate = 1 + (double) inFlight * balancers + orElse(queue[server], 0);
        double power = exponent == 3 ? estimate * estimate * estimate : StrictMath.pow(estimate, exponent);
        return orElse(response[server], 0) + (power - 1) * orElse(service[server], pooledService);
    }

    private static double orElse(double value, double otherwise) {
        return Double.isNaN(value) ? otherwise : value;
    }

    private double average(double old, double fresh) {
        return Double.isNaN(fresh) ? old : Double.isNaN(old) ? fresh : old + alpha * (fresh - old);
    }

    @Override
    public void ended(int server, long fct, Outcome outcome, long now) {
        if (outcome == Outcome.COMPLETED) {
            response[server] = average(response[server], (double) fct);
        }
        update(server);
    }

    @Override
    public void signal(Signal signal, long now) {
        if (signal.kind != Signal.Kind.REPORT) {
            return;
        }
        int server = signal.server;
        boolean first = Double.isNaN(service[server]) && !Double.isNaN(signal.service);
        service[server] = average(service[server], signal.service);
        queue[server] = average(queue[server], signal.inFlight);
        if (first) {
            poolServices();
        } else {
            update(server);
        }
    }

    private void poolServices() {
        double sum = 0;
        int known = 0;
        for (double s : service) {
            if (!Double.isNaN(s)) {
                sum += s;
                known++;
            }
        }
        pooledService = sum / known;
        updateAll();
    }

    @Override
    public EnumSet<Need> needs() {
        EnumSet<Need> needs = super.needs();
        needs.add(Need.REPORT);
        return needs;
    }
}
