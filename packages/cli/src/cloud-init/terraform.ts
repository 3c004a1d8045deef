/** The same VM as a Terraform resource of Nutanix' provider, version 2. */

export interface TerraformOptions {
  readonly child: string;
  readonly userData: string;
  readonly metaData: string;
}

/** HCL as `terraform fmt` writes it: one variable and one `nutanix_virtual_machine_v2`, both named after the child. */
export function renderTerraform({ child, userData, metaData }: TerraformOptions): string {
  const name = `ficus_${child.replaceAll('-', '_')}`;
  const delimiter = delimiterFor(userData);
  const { uuid, hostname } = JSON.parse(metaData) as { uuid: string; hostname: string };
  return `# Made by \`ficus cloud-init --terraform\`. The join token in it works once, and not for long: apply it before it expires.

variable "${name}" {
  description = "Where the VM of the child ${child} is made, and how big it is."
  type = object({
    cluster_ext_id       = string
    subnet_ext_id        = string
    image_ext_id         = string
    category_ext_ids     = optional(list(string), [])
    num_sockets          = optional(number, 1)
    num_cores_per_socket = optional(number, 2)
    memory_size_bytes    = optional(number, 2147483648)
  })
}

resource "nutanix_virtual_machine_v2" "${name}" {
  name                 = ${quote(child)}
  num_sockets          = var.${name}.num_sockets
  num_cores_per_socket = var.${name}.num_cores_per_socket
  memory_size_bytes    = var.${name}.memory_size_bytes
  power_state          = "ON"

  cluster {
    ext_id = var.${name}.cluster_ext_id
  }

  disks {
    disk_address {
      bus_type = "SCSI"
      index    = 0
    }
    backing_info {
      vm_disk {
        data_source {
          reference {
            image_reference {
              image_ext_id = var.${name}.image_ext_id
            }
          }
        }
      }
    }
  }

  nics {
    network_info {
      nic_type = "NORMAL_NIC"
      subnet {
        ext_id = var.${name}.subnet_ext_id
      }
      vlan_mode = "ACCESS"
    }
  }

  dynamic "categories" {
    for_each = var.${name}.category_ext_ids
    content {
      ext_id = categories.value
    }
  }

  guest_customization {
    config {
      cloud_init {
        datasource_type = "CONFIG_DRIVE_V2"
        metadata = base64encode(jsonencode({
          uuid     = ${quote(uuid)}
          hostname = ${quote(hostname)}
          name     = ${quote(hostname)}
        }))
        cloud_init_script {
          user_data {
            value = base64encode(<<${delimiter}
${withoutTemplates(userData)}${delimiter}
            )
          }
        }
      }
    }
  }

  # It counts at the first boot only; printed again it holds another token.
  lifecycle {
    ignore_changes = [guest_customization, cd_roms]
  }
}
`;
}

/** A line of it ends the heredoc: one that is nowhere in the text. */
function delimiterFor(text: string): string {
  const name = 'FICUS_USER_DATA';
  for (let more = 2, delimiter = name; ; delimiter = `${name}_${more++}`) {
    if (!text.includes(delimiter)) return delimiter;
  }
}

/** In a heredoc only `${` and `%{` mean something. */
function withoutTemplates(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => `${sign}${sign}`);
}

function quote(text: string): string {
  return withoutTemplates(JSON.stringify(text));
}
