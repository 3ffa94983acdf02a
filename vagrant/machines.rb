# The machines that a lab's inventory declares: each host with a `lab_image`, under its `ansible_host`.
require "fileutils"
require "ipaddr"
require_relative "inventory"

module Lab
  Disk = Struct.new(:path, :mib)
  Machine = Struct.new(:name, :box, :addresses, :netmask, :memory, :cpus, :disk, :login)

  # The boxes of an image that are known to be published, for x86_64 and arm64.
  BOXES = {
    "debian-12" => "bento/debian-12",
    "debian-13" => "bento/debian-13",
    "debian-14" => nil,
    "ubuntu-24.04" => "bento/ubuntu-24.04",
    "ubuntu-26.04" => "bento/ubuntu-26.04"
  }.freeze

  # One lab: its name, its key, its machines.
  class Declared
    attr_reader :name, :machines

    # `folder` is where Vagrant keeps its own state of the lab.
    def initialize(inventory, folder, environment = ENV)
      @folder = folder
      read = Inventory.new(inventory)
      @name = environment.fetch("TRUEUP_LAB", read.name)
      @given_key = environment["TRUEUP_LAB_KEY"]
      @machines = read.hosts.keys.map { |host| Reader.new(host, read.vars(host)).machine }.compact
      raise Wrong, "no host of #{inventory} has a `lab_image`" if @machines.empty?
      clash = @machines.flat_map(&:addresses).tally.find { |_, times| times > 1 }
      raise Wrong, "two machines have the address #{clash.first}: give each its own" if clash
    end

    # The key that opens the machines. trueup names the public half of the lab's own; without it one is
    # made, so that `vagrant up` alone works where there is no trueup.
    def private_key
      return @given_key.delete_suffix(".pub") if @given_key
      key = File.join(@folder, "trueup", @name, "key")
      Lab.make_key(key) unless File.exist?("#{key}.pub")
      key
    end

    def public_key = File.read("#{private_key}.pub").strip

    # What machine.sh makes of a machine.
    def wishes(machine)
      {
        "LAB_HOST" => machine.name,
        "LAB_ADDRESSES" => machine.addresses.join(" "),
        "LAB_LOGIN" => machine.login,
        "LAB_KEY" => public_key,
        "LAB_DISK_PATH" => machine.disk&.path.to_s,
        "LAB_DISK_MIB" => machine.disk&.mib.to_s
      }
    end
  end

  # Vagrant brings what makes a key, on Windows too.
  def self.make_key(path)
    require "vagrant/util/keypair"
    _, private_half, public_half = Vagrant::Util::Keypair.create
    FileUtils.mkdir_p(File.dirname(path), mode: 0o700)
    File.write(path, private_half, perm: 0o600)
    File.write("#{path}.pub", "#{public_half}\n")
  end

  # One host's variables as a machine.
  class Reader
    def initialize(host, vars)
      @host = host
      @vars = vars
    end

    # None for a host that is no lab's.
    def machine
      return if @vars["lab_image"].nil?
      wrong("can't be a machine's name: use up to 40 of a-z, 0-9 and -") unless @host.match?(/\A[a-z0-9][a-z0-9-]{0,39}\z/)
      Machine.new(@host, box, addresses, netmask, number("lab_memory", 1024), number("lab_cpus", 1), disk, login)
    end

    private

    def box
      image = @vars["lab_image"]
      wrong("has the `lab_image` #{image.inspect}: use one of #{BOXES.keys.join(", ")}") unless BOXES.key?(image)
      box = @vars.fetch("lab_box", BOXES[image])
      return box if box.is_a?(String)
      wrong("needs a `lab_box`, the name of a box: none is known for #{image}")
    end

    def addresses
      [@vars["ansible_host"], *@vars["lab_addresses"]].each do |address|
        next if address.is_a?(String) && IPAddr.new(address).ipv4?
        wrong("has the address #{address.inspect}: give it an IPv4 address as `ansible_host`")
      end
    rescue IPAddr::Error => error
      wrong("has no IPv4 address: #{error.message}")
    end

    def netmask
      prefix = @vars.fetch("lab_subnet", "/24")[%r{/([0-9]{1,2})\z}, 1]
      IPAddr.new("255.255.255.255").mask(prefix.to_i).to_s
    end

    def number(name, default)
      number = Integer(@vars.fetch(name, default), exception: false)
      number&.positive? ? number : wrong("has a `#{name}` that is no number")
    end

    def disk
      limit = @vars["lab_disk_limit"]
      return if limit.nil?
      path, mib = limit.values_at("path", "mib") if limit.is_a?(Hash)
      return Disk.new(path, mib) if path.to_s.start_with?("/") && mib.is_a?(Integer)
      wrong("has a `lab_disk_limit` that is not like {path: /srv, mib: 64}")
    end

    def login
      login = @vars.fetch("lab_login", "sudo")
      %w[sudo bare].include?(login) ? login : wrong("has the `lab_login` #{login.inspect}: use sudo or bare")
    end

    def wrong(words) = raise(Wrong, "the host `#{@host}` #{words}")
  end
end
