# A machine beside the lab's, in their network, that carries trueup and this repository: for those whose
# own machine can't run trueup (Windows). `vagrant up controller`; on Windows it belongs to `vagrant up`.
require "rubygems/package"
require "stringio"
require "tempfile"
require "zlib"
require_relative "machines"

module Lab
  class Controller
    NAME = "controller"
    LAST_OCTET = 250
    # What is made out of the sources, and is not for the machine.
    LEFT_OUT = %w[.git .vagrant .lab target].freeze

    def initialize(lab)
      @lab = lab
    end

    def define(config)
      # A host of this name is somebody's own controller.
      return if @lab.machines.any? { |machine| machine.name == NAME }
      controller = self
      machine = machine()
      config.vm.define NAME, autostart: Vagrant::Util::Platform.windows? do |node|
        yield node, machine
        node.trigger.after :up, :reload, :provision do |trigger|
          trigger.ruby { |environment, itself| controller.fill(environment, itself) }
        end
      end
    end

    # It is like the lab's first machine, and has room to build trueup.
    def machine
      first = @lab.machines.first
      network = first.addresses.first.rpartition(".").first
      Machine.new(NAME, first.box, ["#{network}.#{LAST_OCTET}"], first.netmask, 2048, 2, nil, "sudo")
    end

    # Brings what it needs over Vagrant's own channels, which know the machines from their making on.
    # Done again it brings what is new: machines that were made since, files that were changed.
    def fill(environment, itself)
      itself.ui.info("Bringing the lab's keys and this repository...")
      bring(itself, "known_hosts", known_hosts(environment))
      bring(itself, "key", File.binread(@lab.private_key))
      bring(itself, "key.pub", "#{@lab.public_key}\n")
      bring(itself, "trueup.tar.gz", Repository.new(File.expand_path("..", __dir__)).packed)
      bring(itself, "controller.sh", File.binread(File.join(__dir__, "controller.sh")))
      itself.communicate.execute("sh /tmp/controller.sh #{@lab.name}") do |_, text|
        itself.ui.detail(text.chomp)
      end
    end

    private

    # The host keys of all machines that run, as they themselves say.
    def known_hosts(environment)
      running = environment.active_machines.map { |name, provider| environment.machine(name, provider) }
      running.select { |machine| machine.state.id == :running }.flat_map do |machine|
        declared = @lab.machines.find { |other| other.name == machine.name.to_s }
        next [] if declared.nil?
        names = [declared.name, *declared.addresses].join(",")
        keys = +""
        machine.communicate.execute("cat /etc/ssh/ssh_host_*_key.pub") { |stream, text| keys << text if stream == :stdout }
        keys.lines.map { |key| "#{names} #{key.split.first(2).join(" ")}\n" }
      end.join
    end

    def bring(itself, name, bytes)
      Tempfile.create("trueup-lab", binmode: true) do |file|
        file.write(bytes)
        file.close
        # Only its own user may read it, from the first byte on.
        itself.communicate.execute("rm -f /tmp/#{name} && (umask 077 && : >/tmp/#{name})")
        itself.communicate.upload(file.path, "/tmp/#{name}")
      end
    end
  end

  # The files of this repository, packed without a program that Windows may lack.
  class Repository
    def initialize(folder)
      @folder = folder
    end

    # As a tar archive. Each file keeps its time, so that what is newer can be told.
    def packed
      packed = StringIO.new("".b)
      Zlib::GzipWriter.wrap(packed, Zlib::BEST_SPEED) do |zipped|
        folder(zipped, "")
        zipped.write("\0" * 1024)
        zipped.finish
      end
      packed.string
    end

    private

    def folder(archive, inside)
      (Dir.children(File.join(@folder, inside)).sort - Controller::LEFT_OUT).each do |entry|
        path = inside.empty? ? entry : "#{inside}/#{entry}"
        whole = File.join(@folder, path)
        if (target = link(whole))
          entry(archive, path, whole, mode: 0o777, typeflag: "2", linkname: target)
        elsif File.directory?(whole)
          folder(archive, path)
        elsif File.file?(whole)
          bytes = File.binread(whole)
          # Windows knows no programs by their mode; a script says itself that it is one.
          program = bytes.start_with?("#!", "\x7fELF".b)
          entry(archive, path, whole, bytes, mode: program ? 0o755 : 0o644)
        end
      end
    end

    def entry(archive, path, whole, bytes = "", **more)
      prefix, name = path.length > 100 ? File.split(path) : ["", path]
      mtime = File.lstat(whole).mtime.to_i
      archive.write(Gem::Package::TarHeader.new(name: name, prefix: prefix, size: bytes.bytesize, mtime: mtime, **more))
      archive.write(bytes + ("\0" * (-bytes.bytesize % 512)))
    end

    # Where a link leads; where Windows has no links, git writes a file that holds just that.
    def link(path)
      return File.readlink(path) if File.symlink?(path)
      return unless File.file?(path) && File.size(path).between?(1, 200)
      text = File.binread(path)
      return unless text.match?(%r{\A(\.\./)+[\w./-]+\z})
      text if File.exist?(File.join(File.dirname(path), text))
    end
  end
end
