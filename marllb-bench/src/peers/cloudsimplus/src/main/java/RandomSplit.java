import ch.qos.logback.classic.Level;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.cloudsimplus.brokers.DatacenterBrokerSimple;
import org.cloudsimplus.cloudlets.Cloudlet;
import org.cloudsimplus.cloudlets.CloudletSimple;
import org.cloudsimplus.core.CloudSimPlus;
import org.cloudsimplus.datacenters.DatacenterSimple;
import org.cloudsimplus.hosts.Host;
import org.cloudsimplus.hosts.HostSimple;
import org.cloudsimplus.resources.PeSimple;
import org.cloudsimplus.schedulers.cloudlet.CloudletSchedulerSpaceShared;
import org.cloudsimplus.utilizationmodels.UtilizationModelFull;
import org.cloudsimplus.util.Log;
import org.cloudsimplus.vms.Vm;
import org.cloudsimplus.vms.VmSimple;

/**
 * n FIFO servers of one core, Poisson arrivals split at random, exponential work of mean 1 s, in CloudSim Plus: one VM per host per server, one
 * cloudlet per flow with its arrival as submission delay. Arguments: servers, flows, utilisation, seed. Prints one line of JSON.
 */
public final class RandomSplit {

    private static final int MIPS = 1_000_000;

    public static void main(String[] args) {
        int n = Integer.parseInt(args[0]);
        int flows = Integer.parseInt(args[1]);
        double utilisation = Double.parseDouble(args[2]);
        Random random = new Random(Long.parseLong(args[3]));
        Log.setLevel(Level.OFF);

        CloudSimPlus simulation = new CloudSimPlus(1e-6);
        List<Host> hosts = new ArrayList<>();
        List<Vm> vms = new ArrayList<>();
        for (int j = 0; j < n; j++) {
            hosts.add(new HostSimple(4096, 10_000, 100_000, List.of(new PeSimple(MIPS))));
            Vm vm = new VmSimple(MIPS, 1);
            vm.setRam(512).setBw(100).setSize(1000).setCloudletScheduler(new CloudletSchedulerSpaceShared());
            vms.add(vm);
        }
        new DatacenterSimple(simulation, hosts);
        DatacenterBrokerSimple broker = new DatacenterBrokerSimple(simulation);
        List<Cloudlet> cloudlets = new ArrayList<>(flows);
        double at = 0;
        for (int i = 0; i < flows; i++) {
            at += -Math.log(1 - random.nextDouble()) / (utilisation * n);
            long length = Math.max(1, Math.round(-Math.log(1 - random.nextDouble()) * MIPS));
            Cloudlet cloudlet = new CloudletSimple(length, 1, new UtilizationModelFull());
            cloudlet.setFileSize(1).setOutputSize(1);
            cloudlet.setSubmissionDelay(at);
            cloudlet.setVm(vms.get(random.nextInt(n)));
            cloudlets.add(cloudlet);
        }
        broker.submitVmList(vms);
        broker.submitCloudletList(cloudlets);

        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        simulation.start();
        double cpu = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before) / 1e9;

        double sum = 0;
        for (Cloudlet cloudlet : broker.getCloudletFinishedList()) {
            sum += cloudlet.getFinishTime() - cloudlet.getSubmissionDelay();
        }
        int finished = broker.getCloudletFinishedList().size();
        System.out.printf(
                "{\"events\": %d, \"cpu_s\": %.6f, \"mean_response\": %.6f}%n", 2L * finished, cpu, sum / finished);
    }
}
